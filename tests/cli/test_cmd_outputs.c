/*
 * SPDX-License-Identifier: MIT
 *
 * What is read stays: no command writes over it, whatever it is called, nor under a
 * name that promises another kind of file.
 */
#include "program.h"

/* Two results are not put into one file, and a file that is replaced keeps its mode. */
static void test_cmd_outputs__apart(void **state)
{
    (void)state;
    static const program_fault faults[] = {
        {"vqvae eval --data in.png --worst w.png --best ./w.png", 2,
         "--worst and --best both write './w.png'"},
        {"vqvae eval --data in.png --csv - --atlas -", 2,
         "--csv and --atlas both write '-'"},
        {"cp in.png w.png; ln w.png same.png; "
         "vqvae eval --data in.png --worst w.png --atlas same.png",
         2, "--worst and --atlas both write 'same.png'"},
        {"mkdir -p d; vqvae eval -q --refine 0 --data in.png --worst w.png "
         "--best d/w.png --csv /dev/null --atlas /dev/null",
         0, ""},
        {"vqvae sample --prior cifar10 -o s.npy --codes s.npy", 2,
         "--output and --codes both write 's.npy'"},
        {"test ! -e s.npy", 0, ""},
        {"rm d/*; cp in.png d; encode() { vqvae encode -q --refine 0 d -o x.npy; }; "
         "encode; chmod 640 x.npy x.tsv; encode; test $(stat -c %a%a x.npy) = 640640",
         0, ""},
    };
    EXPECT(faults);
}

/* What is read is not written over, by whatever name. */
static void test_cmd_outputs__inputs_stay(void **state)
{
    (void)state;
#define READ " is read, and would be written over: name another file"
    static const program_fault faults[] = {
        {"vqvae reconstruct in.png ./in.png", 2, "'./in.png'" READ},
        {"ln -s in.png link.png; vqvae complete in.png link.png", 2, "'link.png'" READ},
        {"cp in.png m.png; vqvae complete in.png m.png --keep m.png", 2,
         "'m.png'" READ},
        {"vqvae compare in.png m.png -o in.png", 2, "'in.png'" READ},
        {"vqvae eval --data in.png --worst in.png", 2, "'in.png'" READ},
        {"vqvae sample --model cifar10 -o run/model.safetensors --prior "
         "run/model.safetensors",
         2, "'run/model.safetensors'" READ},
        {"vqvae encode -q in.png -o c.npy; cp c.npy d.npy; vqvae decode c.npy ./c.npy",
         2, "'./c.npy'" READ},
        {"vqvae encode c.npy in.png -o c.npy", 2, "'c.npy'" READ},
        {"cmp in.png m.png && cmp c.npy d.npy", 0, ""},
        {"cp run/config.json was.json; ln -s config.json run/x; vqvae report run -o "
         "run/../run/x",
         2, "'run/../run/x' belongs to the run: name another file"},
        {"vqvae report run -o run/../run/config.json", 2,
         "'run/../run/config.json' belongs to the run: name another file"},
        {"vqvae report run -o run/model.safetensors", 2, "belongs to the run"},
        {"cmp run/config.json was.json && vqvae report -q run -o run/page.html", 0, ""},
        {"vqvae reconstruct -q --refine 0 - - <in.png >out.png", 0, ""},
        {"touch yes; vqvae encode --quiet --refine 0 in.png -o yes -f txt", 0, ""},
    };
    EXPECT(faults);
}

/* A model that is not named as it is called. */
static void test_cmd_outputs__models_stay(void **state)
{
    (void)state;
    static const program_fault faults[] = {
        {"ln run/model.safetensors one; mkdir runs; ln -s ../run runs/latest", 0, ""},
        {"vqvae reconstruct in.png one", 2, "'one'" READ},
        {"vqvae reconstruct -m run in.png one", 2, "'one'" READ},
        {"vqvae encode -m latest in.png -o one -f vqt", 2, "'one'" READ},
        {"vqvae eval -m run --data in.png --csv one", 2, "'one'" READ},
        {"vqvae sample -m run --prior builtin -o one", 2, "'one'" READ},
        {"vqvae prior --data data.bin --model one --out run --force", 2,
         "'run' holds the model that the prior belongs to"},
        {"cmp one run/model.safetensors", 0, ""},
        {"vqvae export photo", 2, "'photo' is a model: name the file"},
        {"vqvae export latest", 2, "'latest' is a model: name the file"},
        {"vqvae export -q -m run photo", 0, ""},
    };
    EXPECT(faults);
}

/* What a set is read from. */
static void test_cmd_outputs__sets_stay(void **state)
{
    (void)state;
#define EACH " is read, and might be written over: take another folder"
    static const program_fault faults[] = {
        {"mkdir d; cp in.png d/00000.png; cp in.png d/b.png; ls d/* >list.txt", 0, ""},
        {"vqvae eval --data d --split all --best d/b.png", 2, "'d/b.png'" READ},
        {"vqvae eval --data list.txt --split all --worst d/00000.png", 2,
         "'d/00000.png'" READ},
        {"ln -s b.png d/l; vqvae eval --data d --split all --csv d/l", 2, "'d/l'" READ},
        {"cmp in.png d/00000.png && cmp in.png d/b.png; rm d/l", 0, ""},
        {"cd d; vqvae eval -m ../run --data . --split all --atlas atlas.png", 2,
         "'atlas.png' would be one of the pictures in '.'"},
        {"mkdir d/sub; vqvae eval --data d --split all --worst ./d/sub/w.png", 2,
         "'./d/sub/w.png' would be one of the pictures in 'd'"},
        {"vqvae eval -q --data list.txt --split all --worst d/sub/w.png", 0, ""},
        {"rm -r d/sub; vqvae eval -q --data d --split all --csv d/s.csv --best d.png "
         "--refine 0",
         0, ""},
        {"cp data.bin kept; train -q --data kept --out other; "
         "vqvae eval -m other --csv ./kept",
         2, "'./kept'" READ},
        {"vqvae encode -q d/b.png -f vqt -o d/00000.png", 2, "does not end in .npy"},
        {"vqvae encode -q d/b.png -o 00000.vqt; cp 00000.vqt 00000.png", 0, ""},
        {"vqvae decode 00000.png --each .", 2, "'00000.png'" EACH},
        {"vqvae decode -q 00000.vqt --each .", 0, ""},
        {"vqvae encode -q d --each e -f npy && vqvae encode e/00000.npy --each ./e -f "
         "npy",
         2, "'e/00000.npy'" EACH},
        {"cp 00000.vqt 7.png && vqvae decode -q 7.png --each .", 0, ""},
        {"vqvae encode d --each f -f npy --type uint16", 2, "--type uint16 is for a"},
        {"vqvae encode -q d -f npy --type uint16", 2, "--type uint16 is for a .npy"},
        {"vqvae encode -q d -f npy --type int32 >g; vqvae encode -q d -f npy -o h; "
         "vqvae decode -q g g.png; vqvae decode -q h h.png; cmp g.png h.png",
         0, ""},
    };
    EXPECT(faults);
}

/* Names that promise another kind of file. */
static void test_cmd_outputs__endings(void **state)
{
    (void)state;
    static const program_fault faults[] = {
        {"vqvae encode -q in.png -o c.vqt", 0, ""},
        {"vqvae decode c.vqt c2.npy", 2, "'c2.npy': pictures are written as .png"},
        {"vqvae compare in.png in.png -o d.CSV", 2, "'d.CSV': pictures"},
        {"vqvae report run -o in.png", 2, "'in.png': a report is written as .html"},
        {"vqvae export --force run in.png", 2,
         "'in.png': models are written as .safetensors"},
        {"vqvae export --force run run/log.jsonl", 2, "'run/log.jsonl': models"},
        {"vqvae eval --data in.png --csv o.png", 2, "'o.png': scores are written as"},
        {"vqvae encode -q in.png -f txt -o c.csv && vqvae encode -q in.png -f npy -o "
         "c.bin && vqvae export -q run m.bin",
         0, ""},
        {"vqvae reconstruct -q --refine 0 in.png photo.v2", 0, ""},
    };
    EXPECT(faults);
}

const struct CMUnitTest test_cmd_outputs_suite[] = {
    cmocka_unit_test(test_cmd_outputs__apart),
    cmocka_unit_test(test_cmd_outputs__inputs_stay),
    cmocka_unit_test(test_cmd_outputs__models_stay),
    cmocka_unit_test(test_cmd_outputs__sets_stay),
    cmocka_unit_test(test_cmd_outputs__endings),
    {0},
};
