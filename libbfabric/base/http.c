#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void bf_request_release(struct bf_request *request)
{
	bf_free_secret_string(request->url); /* one endpoint wants a token in it */
	bf_secret_release(&request->body);
	bf_secret_release(&request->authorization);
	*request = (struct bf_request){0};
}

void bf_reply_release(struct bf_reply *reply)
{
	bf_secret_release(&reply->body);
	free(reply->chain);
	*reply = (struct bf_reply){.retry_after = -1};
}

static int month_of(const char *name)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++)
		if (strncmp(names + 3 * i, name, 3) == 0)
			return i;
	return -1;
}

/* 0 when it is no date. */
static int64_t to_unix(int day, const char *month, int year, int hour, int minute, int second)
{
	struct tm when = {.tm_mday = day,
		.tm_mon = month_of(month),
		.tm_year = year - 1900,
		.tm_hour = hour,
		.tm_min = minute,
		.tm_sec = second};

	if (when.tm_mon < 0 || day < 1 || day > 31 || year < 1970 || year > 9999 || hour < 0 ||
		hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
		return 0;
	return timegm(&when);
}

void bf_reply_note_header(struct bf_reply *reply, const char *line, size_t len)
{
	char text[64], month[4];
	int day, year, hour, minute, second;

	if (len >= sizeof(text) || len < 5 || strncasecmp(line, "date:", 5) != 0)
		return;
	memcpy(text, line, len);
	text[len] = '\0';
	if (sscanf(text + 5, " %*3[A-Za-z], %2d %3s %4d %2d:%2d:%2d GMT", &day, month, &year, &hour,
		    &minute, &second) == 6)
		reply->date = to_unix(day, month, year, hour, minute, second);
}

static void note(struct bf_certificate *one, const char *line)
{
	char month[4];
	int day, year, hour, minute, second;

	if (strncmp(line, "Subject:", 8) == 0)
		bf_show(one->subject, sizeof(one->subject), line + 8, strlen(line + 8));
	else if (strncmp(line, "Issuer:", 7) == 0)
		bf_show(one->issuer, sizeof(one->issuer), line + 7, strlen(line + 7));
	else if (sscanf(line, "Expire date:%3s %2d %2d:%2d:%2d %4d", month, &day, &hour, &minute,
			 &second, &year) == 6)
		one->not_after = to_unix(day, month, year, hour, minute, second);
}

void bf_reply_note_certificate(struct bf_reply *reply, size_t index, const char *line)
{
	if (index >= BF_CHAIN_MAX)
		return;
	if (!reply->chain)
		reply->chain = calloc(BF_CHAIN_MAX, sizeof(*reply->chain));
	if (!reply->chain)
		return;
	if (index >= reply->chain_count)
		reply->chain_count = index + 1;
	note(&reply->chain[index], line);
}
