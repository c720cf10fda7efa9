#include "kv.h"
