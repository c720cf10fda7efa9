/* Answers questions about configuration files, for comparison with other readers of them. */
#include "config_transcript.h"

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: config_dump FOLDER < questions\n");
		return 2;
	}
	config_transcript(stdin, stdout, argv[1]);
	return 0;
}
