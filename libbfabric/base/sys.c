#include "sys.h"
