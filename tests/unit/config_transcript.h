/*
 * config_transcript.h - ask the configuration reader and write down what it says.
 *
 * One file holds questions and answers: lines that begin with "> " are questions, what follows each
 * is the answer. Answering the questions of such a file again gives the same file, or a test fails.
 * Secrets appear as their length and a hash.
 *
 *	> load FILE			read a configuration (again)
 *	> setenv NAME VALUE		VALUE may be missing: unset
 *	> list				the environments and the default
 *	> select NAME			"-": none given
 *	> match PROTOCOL HOST USER ENV	"-": not given; trailing ones may be missing
 *	> write DEFAULT NAME BASE_URL METHOD CLIENT_ID SCOPE...
 *					DEFAULT: first, yes or no; into the file that is loaded
 *	> show FILE			its bytes, each line after ": "
 *	| TEXT				(no "> ") what YAML 1.1 makes of a plain scalar
 */
#ifndef CONFIG_TRANSCRIPT_H
#define CONFIG_TRANSCRIPT_H

#include <stdio.h>

/* Paths of files are relative to `dir`; errors show them without it. */
void config_transcript(FILE *questions, FILE *answers, const char *dir);

#endif
