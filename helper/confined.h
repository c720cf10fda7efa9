/*
 * confined.h - can a browser read a file of ours?
 *
 * A browser in a snap or a flatpak sees neither hidden folders nor the runtime directory, one on
 * the Windows side of WSL has other paths. Nothing tells for sure; these are the signs. Where they
 * mislead, the person still has the address on the terminal.
 */
#ifndef BF_CONFINED_H
#define BF_CONFINED_H

#include <stdbool.h>

/* A program in a snap or flatpak, or a script that starts one (Ubuntu's /usr/bin/firefox). */
bool bf_confined_program(const char *path);

/* The desktop's handler for https (mimeapps.list of the XDG specifications). */
bool bf_confined_default(void);

/* Windows Subsystem for Linux? */
bool bf_confined_wsl(void);

#endif
