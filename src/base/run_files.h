/*
 * SPDX-License-Identifier: MIT
 *
 * What a run folder holds, by name: train/run_folder.h writes it, many rooms look for
 * it.
 */
#ifndef VQ_BASE_RUN_FILES_H
#define VQ_BASE_RUN_FILES_H

#include <inttypes.h>

#define RUN_LATEST "runs/latest" /* a link to the newest run, of VQ-VAEs */
#define RUN_LATEST_PRIOR "runs/latest-prior"
#define RUN_CONFIG "config.json"
#define RUN_MODEL "model.safetensors"
#define RUN_CHECKPOINT "checkpoint.safetensors"
#define RUN_LOG "log.jsonl"
#define RUN_SAMPLES "samples"                              /* a folder */
#define RUN_SAMPLE_FORMAT RUN_SAMPLES "/%06" PRId64 ".png" /* of a step */

#endif
