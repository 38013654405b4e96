/*
 * SPDX-License-Identifier: MIT
 *
 * The program as a shell sees it: texts, streams and exit codes of all that needs no
 * model.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "program.h"

static void test_program__version(void **state)
{
    (void)state;
    char version[100];
    const ran *r = program_run("vqvae --version");
    assert_ran(r, 0, "vqvae " VQ_VERSION, "");
    snprintf(version, sizeof version, "vqvae %s\n", vq_version());
    assert_string_equal(r->out, version);
    assert_string_equal(r->err, "");
    assert_ran(program_run("vqvae -V"), 0, version, "");
}

/* ---- help --------------------------------------------------------------------------
 */

/* No line of a help text is wider than a terminal. */
static void assert_fits(const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        if (n > 80)
            fail_msg("%zu columns: %.*s", n, (int)n, text);
        text += n + (text[n] == '\n');
    }
}

/* A help text shows every option of its command with its default. */
static void assert_explains(const char *help, const command *cmd)
{
    char part[128];
    option_list l;
    options_of(cmd, &l);
    for (int i = 0; i < l.n; i++) {
        const vq_option *o = &l.o[i].text;
        snprintf(part, sizeof part, "--%s%s", o->name, o->metavar ? " " : "\n  ");
        part[strcspn(part, "\n")] = '\0';
        assert_contains(help, part);
        snprintf(part, sizeof part, "(default: %s)", o->value);
        if (o->value[0])
            assert_contains(help, part);
    }
}

static void test_program__help_of_every_command(void **state)
{
    (void)state;
    const command *cmd;
    for (int i = 0; (cmd = command_at(i)); i++) {
        char usage[64];
        snprintf(usage, sizeof usage, "usage: vqvae %s [options]", cmd->name);
        const ran *r = program_run("vqvae %s --help", cmd->name);
        assert_ran(r, 0, usage, "");
        assert_string_equal(r->err, "");
        assert_fits(r->out);
        assert_explains(r->out, cmd);
        assert_contains(r->out, "\nexamples:\n  ");
        char first[sizeof r->out];
        strcpy(first, r->out);
        assert_string_equal(program_run("vqvae help %s", cmd->name)->out, first);
        assert_string_equal(program_run("vqvae %s -h", cmd->name)->out, first);
    }
}

/* The ten options that matter first come first, then the others by what they are
 * about. */
static void test_program__help_of_train(void **state)
{
    (void)state;
    static const char *const headings[] = {
        "\n\noptions that matter first:\n      --data ",
        "\n\ndata:\n",
        "\n\nmodel:\n",
        "\n\ncodebook:\n",
        "\n\noptimizer:\n",
        "\n\noutput:\n",
        "\n\nother options:\n",
        "\nexamples:\n"};
    const ran *r = program_run("vqvae help train");
    const char *at = r->out, *data = strstr(r->out, headings[1]);
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++) {
        const char *found = strstr(at, headings[i]);
        if (!found)
            fail_msg("no '%s' in:\n%s", headings[i], at);
        at = found;
    }
    int first = 0;
    for (const char *o = r->out; (o = strstr(o, "\n      --")) && o < data; o++)
        first++;
    assert_int_equal(first, 10);
    r = program_run("vqvae help");
    assert_contains(r->out, "\n\nmake a model:\n  train  ");
    assert_contains(r->out, "\n\nuse it:\n  reconstruct  ");
    assert_contains(r->out, "\n\nlook at it:\n  eval  ");
}

static void test_program__help_of_the_program(void **state)
{
    (void)state;
    const command *cmd;
    const ran *r = program_run("vqvae --help");
    assert_ran(r, 0, "usage: vqvae [options] COMMAND", "");
    assert_fits(r->out);
    for (int i = 0; (cmd = command_at(i)); i++)
        assert_contains(r->out, cmd->summary);
    assert_ran(program_run("vqvae help"), 0, r->out, "");
    assert_ran(program_run("vqvae -h"), 0, "usage: vqvae", "");
    /* without a command it is an error, so it goes to stderr */
    r = program_run("vqvae");
    assert_ran(r, 2, "", "usage: vqvae");
    assert_string_equal(r->out, "");
}

/* ---- bad usage ---------------------------------------------------------------------
 */

static void test_program__bad_usage(void **state)
{
    (void)state;
    static const struct {
        const char *arguments, *message, *hint;
    } cases[] = {
        {"trian", "vqvae: unknown command 'trian', did you mean 'train'?\n", ""},
        {"help recon", "unknown command 'recon', did you mean 'reconstruct'?", " help"},
        {"--verison", "vqvae: unknown option '--verison', did you mean '--version'?",
         ""},
        {"--", "vqvae: missing command", ""},
        {"-", "vqvae: extra operand '-'", ""},
        {"train --stpes 3",
         "vqvae train: unknown option '--stpes', did you mean '--steps'?", " train"},
        {"train --batch 3", "'--batch', did you mean '--batch-size'?", " train"},
        {"train -steps 3", "'-steps', did you mean '--steps'?", " train"},
        {"train --steps", "vqvae train: option '--steps' needs a value: N", " train"},
        {"train --resume=so", "option '--resume' is yes or no, not 'so'", " train"},
        {"train --seed 0x10", "seed is a whole number from 0 to 18446744073709551615",
         " train"},
        {"train --gpu", "unknown option '--gpu'\n", " train"},
        {"--gpu train", "unknown option '--gpu'\n", ""},
        {"photo.png", "unknown command 'photo.png'\n", ""},
        {"train now", "extra operand 'now', did you mean '--data now'?", " train"},
        {"eval m.pth", "extra operand 'm.pth', did you mean '--model m.pth'?", " eval"},
        {"train --steps many", "vqvae train: ", " train"},
        {"train --steps 0", "vqvae train: --steps 0 trains nothing\n", " train"},
        {"train --epochs 0.0", "--epochs 0.0 trains nothing\n", " train"},
        {"train --time-budget 0", "--time-budget 0 trains nothing\n", " train"},
        {"prior --steps 0", "vqvae prior: --steps 0 trains nothing\n", " prior"},
        {"prior --lr-factor 0.5", "--lr-factor does nothing with --schedule cosine",
         " prior"},
        {"train --fsq-levels 8,8", "--fsq-levels does nothing with --codebook ema",
         " train"},
        {"train --codebook fsq --codes 9", "--codes does not go with --codebook fsq",
         " train"},
        {"eval --prior builtin --worst w.png", "--worst does not go with --prior",
         " eval"},
        {"export photo o --prior builtin", "give a model or --prior, not both",
         " export"},
        {"reconstruct a.png b.webp",
         "'b.webp': pictures are written as .png, or as "
         ".jpg with a loss\n",
         " reconstruct"},
        {"sample -o a.gif", "'a.gif': pictures are written as .png", " sample"},
        {"train --preset none", "vqvae train: ", " train"},
        {"train --steps 1 --epochs 1",
         "give one of --steps, --epochs and --time-budget", " train"},
        {"reconstruct a.png", "missing operand, expected: OUT.png or --each DIR",
         " reconstruct"},
        {"encode", "missing operand, expected: IN.png|IN.jpg|DATA", " encode"},
        {"encode a.png --format jpg", "--format is auto, npy, txt or vqt, not 'jpg'",
         " encode"},
        {"decode a.npy", "missing operand, expected: OUT.png or --each DIR", " decode"},
        {"decode a.npy b.png --each c", "give OUT.png or --each DIR, not both",
         " decode"},
        {"eval --threads few", "vqvae eval: ", " eval"},
        {"inspect a b", "extra operand 'b'", " inspect"},
        {"completions csh", "no completions for 'csh', only bash, zsh and fish",
         " completions"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char hint[64];
        const ran *r = program_run("vqvae %s", cases[i].arguments);
        assert_ran(r, 2, "", cases[i].message);
        assert_string_equal(r->out, "");
        snprintf(hint, sizeof hint, "\ntry 'vqvae%s --help'\n", cases[i].hint);
        assert_contains(r->err, hint);
    }
}

/* Arguments come from anywhere, too: what they hold does not steer the terminal. */
static void test_program__escapes_what_it_quotes(void **state)
{
    (void)state;
    assert_ran(program_run("vqvae \"$(printf 'a\\033[2J\\377')\""), 2, "",
               "unknown command 'a\\x1b[2J\\xff'");
}

/* ---- streams -----------------------------------------------------------------------
 */

static void test_program__output_that_cannot_be_written(void **state)
{
    (void)state;
    assert_ran(program_run("vqvae --version >/dev/full"), 4, "",
               "vqvae: cannot write standard output: No space left on device\n");
    assert_ran(program_run("vqvae man >/dev/full"), 4, "",
               "vqvae: cannot write standard output: ");
    assert_ran(program_run("vqvae --help >&-"), 4, "",
               "vqvae: cannot write standard output: Bad file descriptor\n");
    assert_ran(program_run("vqvae trian 2>&-"), 2, "", "");
}

/* ---- manual and completions --------------------------------------------------------
 */

static void test_program__manual_names_everything(void **state)
{
    (void)state;
    const command *cmd;
    char part[64];
    static ran r;
    r = *program_run("vqvae man");
    assert_ran(&r, 0, ".TH VQVAE 1 ", "");
    for (int i = 0; (cmd = command_at(i)); i++) {
        snprintf(part, sizeof part, "\n.SS vqvae %s ", cmd->name);
        assert_contains(r.out, part);
    }
    for (const char *line = r.out; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (line[0] == '.' && !strchr("TSPnf", line[1]))
            fail_msg("an accidental request: %.40s", line);
    }
}

static void test_program__manual_is_clean(void **state)
{
    (void)state;
    if (system("command -v mandoc >/dev/null 2>&1") != 0)
        skip();
    const ran *r = program_run("vqvae man | mandoc -T lint -W style");
    assert_ran(r, 0, "", "");
    assert_string_equal(r->out, "");
}

/* Complete a command line in bash: the words that it offers. */
static const ran *complete(const char *words, int at)
{
    return program_run("vqvae completions bash >\"${TMPDIR:-/tmp}/c.$$\"\n"
                       "bash -c '. \"$0\"; COMP_WORDS=(%s); COMP_CWORD=%d; _vqvae; "
                       "echo \"${COMPREPLY[*]}\"' \"${TMPDIR:-/tmp}/c.$$\"\n"
                       "code=$?; rm \"${TMPDIR:-/tmp}/c.$$\"; exit $code",
                       words, at);
}

static void test_program__bash_completes(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        int at;
        const char *want;
    } cases[] = {
        {"vqvae tr", 1, "train\n"},
        {"vqvae --v", 1, "--version\n"},
        {"vqvae train --bat", 2, "--batch-size --batches\n"},
        {"vqvae train --preset so", 3, "sonnet\n"},
        {"vqvae train -p z", 3, "zalando\n"},
        {"vqvae train --preset = so", 4, "sonnet\n"},
        {"vqvae train --steps 5 --optimizer ams", 5, "amsgrad\n"},
        {"vqvae train --steps x", 3, "\n"},
        {"vqvae help rec", 2, "reconstruct\n"},
        {"vqvae completions z", 2, "zsh\n"},
        {"vqvae encode in", 2, "\n"},
    };
    if (system("command -v bash >/dev/null 2>&1") != 0)
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const ran *r = complete(cases[i].words, cases[i].at);
        assert_ran(r, 0, "", "");
        assert_string_equal(r->err, "");
        assert_string_equal(r->out, cases[i].want);
    }
}

static void test_program__zsh_completions_parse(void **state)
{
    (void)state;
    const ran *r = program_run("vqvae completions zsh");
    assert_ran(r, 0, "#compdef vqvae\n", "");
    assert_contains(r->out, "'(-p --preset)'{-p+,--preset=}'[");
    if (system("command -v zsh >/dev/null 2>&1") == 0)
        assert_ran(program_run("vqvae completions zsh | zsh -n /dev/stdin"), 0, "", "");
}

static void test_program__fish_completions_parse(void **state)
{
    (void)state;
    const ran *r = program_run("vqvae completions fish");
    assert_ran(r, 0, "-n '__fish_seen_subcommand_from train' -l optimizer -x -a 'adam ",
               "");
    assert_contains(r->out, "-l model -s m -r -a 'cifar10 photo latest' -d 'the model");
    assert_contains(r->out, "from inspect' -a 'cifar10 photo latest builtin'\n");
    assert_contains(r->out, "from completions' -f -a 'bash zsh fish'\n");
    if (program_run("command -v fish")->code == 0) {
        r = program_run("vqvae completions fish >c.$$ && fish -c \"source c.$$; "
                        "complete -C 'vqvae train --schedule co'; complete -C 'vqvae "
                        "tr'\"; rm c.$$");
        assert_ran(r, 0, "constant", "");
        assert_contains(r->out, "cosine");
        assert_contains(r->out, "train\ttrain a model");
    }
}

/* Options may stand before the command. */
static void test_program__options_first(void **state)
{
    (void)state;
    const ran *r = program_run("vqvae --help train");
    assert_ran(r, 0, "usage: vqvae train [options]\n", "");
    assert_ran(program_run("vqvae --model photo --json inspect"), 2, "",
               "unknown option '--model'");
    assert_ran(program_run("vqvae --json inspect photo"), 0, "{\"file\": \"photo ", "");
    assert_ran(program_run("vqvae -m photo -q export encode && rm encode"), 0, "", "");
}

const struct CMUnitTest test_program_suite[] = {
    cmocka_unit_test(test_program__version),
    cmocka_unit_test(test_program__help_of_every_command),
    cmocka_unit_test(test_program__help_of_train),
    cmocka_unit_test(test_program__help_of_the_program),
    cmocka_unit_test(test_program__bad_usage),
    cmocka_unit_test(test_program__escapes_what_it_quotes),
    cmocka_unit_test(test_program__output_that_cannot_be_written),
    cmocka_unit_test(test_program__manual_names_everything),
    cmocka_unit_test(test_program__manual_is_clean),
    cmocka_unit_test(test_program__bash_completes),
    cmocka_unit_test(test_program__zsh_completions_parse),
    cmocka_unit_test(test_program__fish_completions_parse),
    cmocka_unit_test(test_program__options_first),
    {0},
};
