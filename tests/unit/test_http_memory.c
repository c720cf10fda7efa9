/* test_http_memory.c - no memory, at every single allocation of the transport. */
#include "unit.h"

#include <stdio.h>

#include "client.h"

static struct bfabric_error err;

static void test_new(void **state)
{
	const struct bf_http_options options = {.ca_file = "/ca.pem", .proxy = "http://p:1"};

	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		AUTO_HTTP struct bf_http *http = NULL;
		enum bfabric_status status = bf_http_new(&options, &http, &err);

		assert_int_equal(status, fault_disarm() ? BFABRIC_NO_MEMORY : BFABRIC_OK);
		assert_int_equal(http != NULL, status == BFABRIC_OK);
	}
	bf_http_free(NULL);
}

/* A body that comes in parts, so that the buffer has to grow and may fail to in the middle. */
static void answer_in_parts(struct peer_conn *conn)
{
	char part[1000];

	memset(part, 'x', sizeof(part));
	peer_receive(conn);
	peer_puts(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 20000\r\n\r\n");
	for (int i = 0; i < 20; i++)
		peer_send(conn, part, sizeof(part));
}

/* The peer's thread must not be counted: what its buffer needs is there before. */
static void test_exchange(void **state)
{
	AUTO_PEER struct peer peer = {.serve = answer_in_parts};
	AUTO_HTTP struct bf_http *http = client(NULL);
	struct bf_transport transport = bf_http_transport(http);
	BF_AUTO_REQUEST struct bf_request request = {0};
	unsigned rounds = 0;

	(void)state;
	assert_non_null(bf_secret_room(&peer.seen, (size_t)1 << 20));
	peer_start(&peer);
	request = client_request("http", "127.0.0.1", peer.port);
	bf_secret_puts(&request.authorization, "Bearer x");
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_REPLY struct bf_reply reply = {0};
		bool sent = false;
		enum bfabric_status status =
			transport.perform(transport.data, &request, &reply, &sent, &err);
		bool failed = fault_disarm();

		assert_int_equal(status, failed ? BFABRIC_NO_MEMORY : BFABRIC_OK);
		assert_int_equal(reply.body.len, failed ? 0 : 20000);
		rounds++;
	}
	assert_true(rounds > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_exchange),
	};

	client_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
