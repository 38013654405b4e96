/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network/drawn.h"

static network *make(const char *preset, const char *name, const char *value)
{
    vq_config c;
    vq_error err;
    assert_ok(vq_config_preset(&c, preset, &err), &err);
    return network_drawn(c, name, value);
}

/* The figure of reference tables for the untied model. */
static void test_network__parameters(void **state)
{
    (void)state;
    network *net = make("sonnet", NULL, NULL);
    assert_int_equal(network_parameters(net), 694851);
    network_drop(net);
    net = make("mishalaskin", "tie-residual", "no");
    assert_int_equal(network_parameters(net), 694851);
    network_drop(net);
    net = make("mishalaskin", NULL, NULL);
    assert_int_equal(network_parameters(net), 694851 - 2 * (32 * 128 * 9 + 128 * 32));
    network_drop(net);
}

static const file_tensor *find(const network *net, const char *name)
{
    for (int i = 0; i < net->n_tensors; i++)
        if (strcmp(net->tensor[i].name, name) == 0)
            return &net->tensor[i];
    return NULL;
}

static void check_tensor(const network *net, const char *name, const int dims[4],
                         int rank)
{
    const file_tensor *t = find(net, name);
    if (!t)
        fail_msg("no tensor is named '%s'", name);
    const param *p = &net->p.table[t->param];
    assert_int_equal(p->rank, rank);
    for (int i = 0; i < rank; i++)
        assert_int_equal(p->dims[i], dims[i]);
}

/* The names and shapes of both public systems' state_dict. */
static void test_network__state_dict(void **state)
{
    (void)state;
    static const struct {
        const char *name[2]; /* mishalaskin, zalando */
        int rank, dims[2][4];
    } want[] = {
        {{"encoder.conv_stack.0.weight", "_encoder._conv_1.weight"},
         4,
         {{64, 3, 4, 4}, {64, 3, 4, 4}}},
        {{"encoder.conv_stack.0.bias", "_encoder._conv_1.bias"}, 1, {{64}, {64}}},
        {{"encoder.conv_stack.2.weight", "_encoder._conv_2.weight"},
         4,
         {{128, 64, 4, 4}, {128, 64, 4, 4}}},
        {{"encoder.conv_stack.4.bias", "_encoder._conv_3.bias"}, 1, {{128}, {128}}},
        {{"encoder.conv_stack.5.stack.1.res_block.1.weight",
          "_encoder._residual_stack._layers.1._block.1.weight"},
         4,
         {{32, 128, 3, 3}, {32, 128, 3, 3}}},
        {{"decoder.inverse_conv_stack.1.stack.0.res_block.3.weight",
          "_decoder._residual_stack._layers.0._block.3.weight"},
         4,
         {{128, 32, 1, 1}, {128, 32, 1, 1}}},
        {{"pre_quantization_conv.weight", "_pre_vq_conv.weight"},
         4,
         {{64, 128, 1, 1}, {64, 128, 1, 1}}},
        {{"vector_quantization.embedding.weight", "_vq_vae._embedding.weight"},
         2,
         {{512, 64}, {512, 64}}},
        {{"decoder.inverse_conv_stack.0.weight", "_decoder._conv_1.weight"},
         4,
         {{64, 128, 3, 3}, {128, 64, 3, 3}}},
        {{"decoder.inverse_conv_stack.2.weight", "_decoder._conv_trans_1.weight"},
         4,
         {{128, 64, 4, 4}, {128, 64, 4, 4}}},
        {{"decoder.inverse_conv_stack.4.bias", "_decoder._conv_trans_2.bias"},
         1,
         {{3}, {3}}},
    };
    network *nets[2] = {make("mishalaskin", NULL, NULL), make("zalando", NULL, NULL)};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        for (int s = 0; s < 2; s++)
            check_tensor(nets[s], want[i].name[s], want[i].dims[s], want[i].rank);
    assert_non_null(find(nets[1], "_vq_vae._ema_w"));
    assert_non_null(find(nets[1], "_vq_vae._ema_cluster_size"));
    /* convolutions with biases, four residual stacks' weights, codebook, EMA sums */
    assert_int_equal(nets[0]->n_tensors, 2 * 7 + 8 + 1);
    assert_int_equal(nets[1]->n_tensors, 2 * 7 + 8 + 3);
    network_drop(nets[0]);
    network_drop(nets[1]);
}

/* With one or three stages the numbers are those of the same code with more layers. */
static void test_network__stages(void **state)
{
    (void)state;
    static const struct {
        const char *preset, *downsample, *name;
        int dims[4];
    } want[] = {
        {"zalando", "2", "_encoder._conv_1.weight", {128, 3, 4, 4}},
        {"zalando", "2", "_encoder._conv_2.weight", {128, 128, 3, 3}},
        {"zalando", "2", "_decoder._conv_trans_1.weight", {128, 3, 4, 4}},
        {"zalando", "8", "_encoder._conv_1.weight", {64, 3, 4, 4}},
        {"zalando", "8", "_encoder._conv_2.weight", {128, 64, 4, 4}},
        {"zalando", "8", "_encoder._conv_3.weight", {128, 128, 4, 4}},
        {"zalando", "8", "_encoder._conv_4.weight", {128, 128, 3, 3}},
        {"zalando", "8", "_decoder._conv_trans_1.weight", {128, 128, 4, 4}},
        {"zalando", "8", "_decoder._conv_trans_2.weight", {128, 64, 4, 4}},
        {"zalando", "8", "_decoder._conv_trans_3.weight", {64, 3, 4, 4}},
        {"mishalaskin", "2", "encoder.conv_stack.0.weight", {128, 3, 4, 4}},
        {"mishalaskin", "2", "encoder.conv_stack.2.weight", {128, 128, 3, 3}},
        {"mishalaskin",
         "2",
         "encoder.conv_stack.3.stack.1.res_block.1.weight",
         {32, 128, 3, 3}},
        {"mishalaskin", "2", "decoder.inverse_conv_stack.2.weight", {128, 3, 4, 4}},
        {"mishalaskin", "8", "encoder.conv_stack.4.weight", {128, 128, 4, 4}},
        {"mishalaskin", "8", "encoder.conv_stack.6.weight", {128, 128, 3, 3}},
        {"mishalaskin",
         "8",
         "encoder.conv_stack.7.stack.0.res_block.3.weight",
         {128, 32, 1, 1}},
        {"mishalaskin", "8", "decoder.inverse_conv_stack.4.weight", {128, 64, 4, 4}},
        {"mishalaskin", "8", "decoder.inverse_conv_stack.6.weight", {64, 3, 4, 4}},
    };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        network *net = make(want[i].preset, "downsample", want[i].downsample);
        check_tensor(net, want[i].name, want[i].dims, 4);
        network_drop(net);
    }
}

/* Both graphs have the sizes that the scale says, and a part of a code counts. */
static void test_network__scale(void **state)
{
    (void)state;
    static const char *const text[] = {"2", "4", "8"};
    graph *g = malloc(sizeof *g);
    for (int i = 0, scale = 2; i < 3; i++, scale *= 2) {
        network *net = make("sonnet", "downsample", text[i]);
        network_nodes nodes = network_encoder_graph(net, g, 5 * scale, 3 * scale);
        assert_int_equal(nodes.quantize->y.h, 5);
        assert_int_equal(nodes.quantize->y.w, 3);
        nodes = network_decoder_graph(net, g, 5, 3);
        assert_int_equal(nodes.output->y.h, 5 * scale);
        assert_int_equal(nodes.output->y.w, 3 * scale);
        assert_int_equal(nodes.output->y.c, 3);
        assert_int_equal(network_codes(net, 1), 1);
        assert_int_equal(network_codes(net, 5 * scale), 5);
        assert_int_equal(network_codes(net, 5 * scale + 1), 6);
        assert_int_equal(network_codes(net, INT_MAX), INT_MAX / scale + 1);
        network_drop(net);
    }
    free(g);
}

static void test_network__tied_blocks_share(void **state)
{
    (void)state;
    static const char *const name[2] = {
        "encoder.conv_stack.5.stack.0.res_block.1.weight",
        "encoder.conv_stack.5.stack.1.res_block.1.weight"};
    network *tied = make("mishalaskin", NULL, NULL);
    network *free_ = make("mishalaskin", "tie-residual", "no");
    assert_int_equal(find(tied, name[0])->param, find(tied, name[1])->param);
    assert_int_not_equal(find(free_, name[0])->param, find(free_, name[1])->param);
    network_drop(tied);
    network_drop(free_);
}

/* Uniform within the bound of the fan-in, filling it, and different for every seed. */
static void test_network__initial_weights(void **state)
{
    (void)state;
    network *net = make("sonnet", NULL, NULL), *other = make("sonnet", "seed", "2");
    network *again = make("sonnet", NULL, NULL);
    for (int i = 0; i < net->p.n; i++) {
        const param *p = &net->p.table[i];
        const float *v = net->p.value + p->offset;
        if (p->layout != PARAM_CONV)
            continue;
        double bound = 1 / sqrt((double)p->dims[1] * p->dims[2] * p->dims[3]);
        double most = (double)support_largest(v, p->count), sum = 0;
        for (size_t k = 0; k < p->count; k++)
            sum += (double)v[k];
        assert_true(most <= bound && most > 0.98 * bound);
        assert_true(fabs(sum / (double)p->count) < 0.1 * bound);
        assert_memory_not_equal(v, other->p.value + p->offset, p->count * sizeof *v);
        assert_memory_equal(v, again->p.value + p->offset, p->count * sizeof *v);
    }
    const param *codes = &net->p.table[net->codebook];
    double most = (double)support_largest(net->p.value + codes->offset, codes->count);
    assert_true(most <= sqrt(3.0 / 64) && most > 0.98 * sqrt(3.0 / 64));
    network_drop(net);
    network_drop(other);
    network_drop(again);
}

/* One forward and backward of two made-up images; gradients to `grad`. */
static void run_once(const network *net, float *grad, double loss[LOSS_PARTS])
{
    graph *g = malloc(sizeof *g);
    run r;
    vq_error err;
    network_nodes nodes = network_train_graph(net, g, 32, 32, 0.06);
    assert_ok(graph_plan(g, 2, GRAPH_TRAIN, &err), &err);
    assert_ok(run_init(&r, g, &err), &err);
    float *packed = aligned_alloc(64, (g->packed_floats + 16) / 16 * 64);
    assert_non_null(packed);
    graph_pack(g, 0, g->n_nodes, packed);
    r.packed = packed;
    r.grad = grad;
    r.n = 2;
    r.scale = 0.5f;
    for (size_t i = 0; i < run_count(&r, nodes.input); i++)
        run_y(&r, nodes.input)[i] = (float)(i * 37 % 101) / 101 - 0.5f;
    graph_forward(&r);
    graph_backward(&r);
    memcpy(loss, r.loss, LOSS_PARTS * sizeof *loss);
    run_release(&r);
    free(packed);
    free(g);
}

/* Codes of 1 to 4 values take the kernels' edges: the fast ones agree with the plain.
 */
static void test_network__few_dimensions(void **state)
{
    (void)state;
    for (int d = 1; d <= 4; d++) {
        char text[16];
        double loss[2][LOSS_PARTS];
        float *grad[2];
        snprintf(text, sizeof text, "%d", d);
        network *net = make("mishalaskin", "code-dim", text);
        for (int plain = 0; plain < 2; plain++) {
            grad[plain] = calloc(net->p.size, sizeof(float));
            net->config.kernels = plain ? VQ_KERNELS_REFERENCE : VQ_KERNELS_AUTO;
            run_once(net, grad[plain], loss[plain]);
        }
        for (int i = 0; i < LOSS_PARTS; i++)
            assert_true(fabs(loss[0][i] - loss[1][i]) <= 1e-4 * loss[1][i]);
        for (int i = 0; i < net->p.n; i++) {
            const param *p = &net->p.table[i];
            const float most = support_largest(grad[1] + p->offset, p->count);
            assert_close(grad[0] + p->offset, grad[1] + p->offset, p->count,
                         1e-3 * (double)most + 1e-9, 0);
        }
        free(grad[0]);
        free(grad[1]);
        network_drop(net);
    }
}

/* Trained in bfloat16 a model has nearly the same losses and gradients, and its codes
 * and pictures are computed in floats. */
static void test_network__bf16(void **state)
{
    (void)state;
    double loss[2][LOSS_PARTS], dot[3] = {0};
    float *grad[2];
    network *net = make("best", "hidden", "64");
    for (int bf16 = 0; bf16 < 2; bf16++) {
        grad[bf16] = calloc(net->p.size, sizeof(float));
        net->config.precision = bf16 ? VQ_BF16 : VQ_FP32;
        run_once(net, grad[bf16], loss[bf16]);
    }
    assert_true(loss[0][LOSS_RECON] != loss[1][LOSS_RECON]);
    assert_true(fabs(loss[0][LOSS_RECON] - loss[1][LOSS_RECON]) <=
                0.01 * loss[0][LOSS_RECON]);
    for (size_t i = 0; i < net->p.table[net->codebook].offset; i++) {
        dot[0] += (double)grad[0][i] * (double)grad[0][i];
        dot[1] += (double)grad[0][i] * (double)grad[1][i];
        dot[2] += (double)grad[1][i] * (double)grad[1][i];
    }
    assert_true(dot[1] / sqrt(dot[0] * dot[2]) > 0.98);
    graph *g = malloc(sizeof *g);
    assert_non_null(g);
    for (int side = 0; side < 2; side++) {
        side == 0 ? network_encoder_graph(net, g, 32, 32)
                  : network_decoder_graph(net, g, 8, 8);
        for (const node *nd = g->nodes; nd < g->nodes + g->n_nodes; nd++)
            if (strncmp(nd->op->name, "conv", 4) == 0)
                assert_ptr_equal(nd->attr.conv.kernel,
                                 conv_select(&nd->attr.conv.shape, CONV_FASTEST));
    }
    free(g);
    free(grad[0]);
    free(grad[1]);
    network_drop(net);
}

static void test_network__scales(void **state)
{
    (void)state;
    vq_config half, one;
    vq_error err;
    assert_ok(vq_config_preset(&half, "sonnet", &err), &err);
    assert_ok(vq_config_preset(&one, "mishalaskin", &err), &err);
    for (int b = 0; b < 256; b++) {
        unsigned char byte = (unsigned char)b;
        float h = network_pixel_in(&half, byte), o = network_pixel_in(&one, byte);
        assert_int_equal(network_byte(network_unit_out(&half, h)), byte);
        assert_int_equal(network_byte(network_unit_out(&one, o)), byte);
    }
    assert_true(network_pixel_in(&half, 0) == -0.5f && network_pixel_in(&one, 0) == -1);
    assert_true(network_pixel_in(&half, 255) == 0.5f &&
                network_pixel_in(&one, 255) == 1);
    assert_int_equal(network_byte(-3), 0);
    assert_int_equal(network_byte(7), 255);
    assert_int_equal(network_byte(NAN), 0);
    /* mishalaskin divides by the variance of x/255 although its inputs are twice as
     * wide */
    assert_true(network_loss_variance(&half, 0.06) == 0.06);
    assert_true(network_loss_variance(&one, 0.06) == 0.06);
    assert_true(network_input_variance(&one, 0.06) == 0.24);
}

const struct CMUnitTest test_network_suite[] = {
    cmocka_unit_test(test_network__parameters),
    cmocka_unit_test(test_network__state_dict),
    cmocka_unit_test(test_network__stages),
    cmocka_unit_test(test_network__scale),
    cmocka_unit_test(test_network__tied_blocks_share),
    cmocka_unit_test(test_network__initial_weights),
    cmocka_unit_test(test_network__few_dimensions),
    cmocka_unit_test(test_network__bf16),
    cmocka_unit_test(test_network__scales),
    {0},
};
