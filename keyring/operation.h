/*
 * operation.h - what this program does; one file each, one row each in main.c.
 *
 * Nobody is ever asked anything, save by unlock.
 */
#ifndef BF_OPERATION_H
#define BF_OPERATION_H

#include "answer.h"
#include "request.h"

enum bf_outcome bf_operation_get(const struct bf_request *request, struct bf_answer *answer);
enum bf_outcome bf_operation_store(const struct bf_request *request, struct bf_answer *answer);
enum bf_outcome bf_operation_erase(const struct bf_request *request, struct bf_answer *answer);
enum bf_outcome bf_operation_probe(const struct bf_request *request, struct bf_answer *answer);
enum bf_outcome bf_operation_unlock(const struct bf_request *request, struct bf_answer *answer);

#endif
