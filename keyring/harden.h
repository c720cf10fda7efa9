/*
 * harden.h - what a process that handles secrets does before anything else: no core file, no
 * looking into it by its siblings, no death by a signal that a write may bring, no descriptor of
 * ours in the place of a closed stdin or stdout; and of the environment nothing that lets GLib
 * print what it sends or load what is not needed.
 */
#ifndef BF_HARDEN_H
#define BF_HARDEN_H

void bf_harden(void);

#endif
