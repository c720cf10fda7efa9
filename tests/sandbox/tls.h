/* SPDX-License-Identifier: MIT */
/* A certificate authority and a server certificate made at start, or one that must be refused. */
#ifndef SB_TLS_H
#define SB_TLS_H

#include "settings.h"

/*
 * Makes both, writes the authority's certificate to ca_file, and hands out the server's key and
 * certificate as PEM on the heap. Ends the program on failure.
 */
void sb_tls_make(enum sb_tls_bad bad, const char *ca_file, char **ret_key_pem, char **ret_cert_pem);

#endif
