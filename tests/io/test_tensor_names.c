/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "io/tensor_names.h"

static vq_error err;

/* A file of tensors with these names, up to a NULL; release it. */
static st_file make(const char *const *names)
{
    st_file f = {0};
    f.tensor = calloc(8, sizeof *f.tensor);
    assert_non_null(f.tensor);
    for (; names[f.n]; f.n++)
        f.tensor[f.n].name = strdup(names[f.n]);
    return f;
}

#define NAMES(...) make((const char *const[]){__VA_ARGS__, NULL})

static void test_tensor_names__strip(void **state)
{
    (void)state;
    st_file f = NAMES("module.encoder.0.weight", "module._orig_mod.model.net.a", "b");
    assert_ok(tensor_names_strip(&f, "m", &err), &err);
    assert_string_equal(f.tensor[0].name, "encoder.0.weight");
    assert_string_equal(f.tensor[1].name, "a");
    assert_string_equal(f.tensor[2].name, "b");
    assert_string_equal(f.note,
                        "2 tensor names are read without 'module.' before them");
    st_release(&f);
    /* of compiled or parallel parts, but a part may be called net or model */
    f = NAMES("encoder._orig_mod.net.0", "decoder.module._orig_mod.model.1",
              "my_module.x", "remodel.y");
    assert_ok(tensor_names_strip(&f, "m", &err), &err);
    assert_string_equal(f.tensor[0].name, "encoder.net.0");
    assert_string_equal(f.tensor[1].name, "decoder.model.1");
    assert_string_equal(f.tensor[2].name, "my_module.x");
    assert_string_equal(f.tensor[3].name, "remodel.y");
    assert_string_equal(
        f.note, "2 tensor names are read without their 'module.' or '_orig_mod.'");
    st_release(&f);
    f = NAMES("encoder.0", "modulex.y");
    assert_ok(tensor_names_strip(&f, "m", &err), &err);
    assert_string_equal(f.note, "");
    st_release(&f);
}

static void test_tensor_names__twice(void **state)
{
    (void)state;
    st_file f = NAMES("model.a", "c", "module.a");
    assert_fails(tensor_names_strip(&f, "m", &err), VQ_EINPUT, &err,
                 "'m': tensor 'a' is there twice, maybe under different prefixes");
    st_release(&f);
}

static void test_tensor_names__strangers(void **state)
{
    (void)state;
    static const struct {
        const char *name[2], *want;
    } cases[] = {
        {{"quantize_t.embed", "quantize_b.embed"}, "a two-level VQ-VAE-2"},
        {{"encoder.down_blocks.0.resnets.0.norm1.weight", "quantize.embedding.weight"},
         "a VQModel of diffusers"},
        {{"encoder.down.0.block.0.norm1.weight", "quantize.embedding.weight"},
         "a VQModel of taming-transformers"},
        {{"first_stage_model.encoder.down.0.w", "first_stage_model.quant_conv.weight"},
         "an AutoencoderKL of latent-diffusion"},
        {{"encoder.down_blocks.0.w", "quant_conv.weight"},
         "an AutoencoderKL of diffusers"},
        {{"vq.layers.0._codebook.embed", "x"}, "vector-quantize-pytorch"},
        {{"quantizer.quantizer.embedding.weight", "x"}, "a VQVAE of MONAI"},
        {{"codebook.weight", "encoder.0.0.weight"}, "a DiscreteVAE of DALLE-pytorch"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        st_file f = NAMES(cases[i].name[0], cases[i].name[1]);
        assert_fails(tensor_names_refuse(&f, "m", &err), VQ_EINPUT, &err,
                     cases[i].want);
        st_release(&f);
    }
    st_file f = NAMES("quantize_t.embed", "myencoder.down.0", "aquantize_b.embed");
    assert_ok(tensor_names_refuse(&f, "m", &err), &err);
    st_release(&f);
}

const struct CMUnitTest test_tensor_names_suite[] = {
    cmocka_unit_test(test_tensor_names__strip),
    cmocka_unit_test(test_tensor_names__twice),
    cmocka_unit_test(test_tensor_names__strangers),
    {0},
};
