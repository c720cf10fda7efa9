/*
 * yaml_same.h - are two trees the same in everything, marks included?
 */
#ifndef YAML_SAME_H
#define YAML_SAME_H

#include "libbfabric/local/yaml_private.h"

bool yaml_same(const struct bf_yaml *a, const struct bf_yaml *b);

#endif
