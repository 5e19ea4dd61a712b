/*
 * A program that hosts its database itself, with a page for Prometheus: what `plinthd --metrics` does, in a hundred
 * lines to take along.
 *
 *     exporter DIRECTORY [PORT]      serves http://127.0.0.1:PORT/metrics and /status until it is interrupted
 *     exporter --check               serves a database in memory, asks itself once, and ends
 *
 * One connection at a time, a short request that has to come soon, one answer: that is enough for a monitor on the
 * same machine. Leave the address as it is, or put a proxy before it that asks for a password.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <plinth.h>

static int fail(const char *what) {
    fprintf(stderr, "exporter: %s: %s\n", what, plinth_last_error());
    return EXIT_FAILURE;
}

static int listen_at(uint16_t *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    const int yes = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 16) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        perror("exporter: listening");
        return -1;
    }
    *port = ntohs(address.sin_port);
    return listener;
}

static void send_all(int connection, const void *data, size_t length) {
    const char *at = data;
    while (length > 0) {
        const ssize_t sent = send(connection, at, length, MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        at += sent;
        length -= (size_t)sent;
    }
}

static void answer(plinth_database *db, int connection) {
    const struct timeval patience = {5, 0};
    char request[2048], head[256];
    plinth_value page = {NULL, 0, NULL};
    const char *status = "200 OK", *kind = "text/plain; version=0.0.4";
    plinth_error error = 0;
    ssize_t got;
    int length;
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    got = recv(connection, request, sizeof request - 1, 0);
    if (got <= 0) {
        return;
    }
    request[got] = 0;
    if (strncmp(request, "GET /metrics ", 13) == 0) {
        error = plinth_database_metrics_text(db, &page);
    } else if (strncmp(request, "GET /status ", 12) == 0) {
        error = plinth_database_status_json(db, &page);
        kind = "application/json";
    } else {
        status = "404 Not Found";
    }
    if (error != 0) {
        status = "503 Service Unavailable";
    }
    length = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Type: %s; charset=utf-8\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                      status, kind, page.len);
    send_all(connection, head, (size_t)length);
    send_all(connection, page.data, page.len);
    plinth_value_free(&page);
    shutdown(connection, SHUT_WR);
}

/* Asks for a page as a monitor does; returns whether the text is in it. */
static bool ask(uint16_t port, const char *request, const char *wanted) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int connection = socket(AF_INET, SOCK_STREAM, 0);
    char *page = calloc(1, 1 << 20);
    size_t length = 0;
    ssize_t got = 1;
    bool found = false;
    if (page != NULL && connect(connection, (struct sockaddr *)&address, sizeof address) == 0) {
        send_all(connection, request, strlen(request));
        while (got > 0 && length < (1 << 20) - 1) {
            got = recv(connection, page + length, (1 << 20) - 1 - length, 0);
            length += got > 0 ? (size_t)got : 0;
        }
        found = strstr(page, wanted) != NULL;
        if (!found) {
            fprintf(stderr, "exporter: no '%s' in:\n%s\n", wanted, page);
        }
    }
    free(page);
    close(connection);
    return found;
}

struct serving {
    plinth_database *db;
    int listener;
    int left; /* connections that are still answered; without end if below zero */
};

static void *serve(void *user) {
    struct serving *serving = user;
    while (serving->left != 0) {
        const int connection = accept(serving->listener, NULL, NULL);
        if (connection >= 0) {
            answer(serving->db, connection);
            close(connection);
            serving->left -= serving->left > 0;
        }
    }
    return NULL;
}

static plinth_error write_something(plinth_transaction *tr, void *user) {
    (void)user;
    return plinth_transaction_set(tr, NULL, (const uint8_t *)"hello", 5, (const uint8_t *)"world", 5);
}

int main(int argc, char **argv) {
    const bool check = argc == 2 && strcmp(argv[1], "--check") == 0;
    uint16_t port = argc > 2 ? (uint16_t)atoi(argv[2]) : check ? 0 : 9469;
    struct serving serving = {NULL, -1, check ? 3 : -1};
    pthread_t thread;
    bool good;
    sigset_t end;
    int signal_number;
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: exporter DIRECTORY [PORT] | --check\n");
        return EXIT_FAILURE;
    }
    /* Before any thread is there: all of them leave these signals to main. */
    sigemptyset(&end);
    sigaddset(&end, SIGINT);
    sigaddset(&end, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &end, NULL);
    if (plinth_database_open(check ? ":memory:" : argv[1], NULL, &serving.db) != 0) {
        return fail("opening the database");
    }
    serving.listener = listen_at(&port);
    if (serving.listener < 0 || pthread_create(&thread, NULL, serve, &serving) != 0) {
        return EXIT_FAILURE;
    }
    if (!check) {
        printf("http://127.0.0.1:%u/metrics\n", port);
        fflush(stdout);
        sigwait(&end, &signal_number);
        return plinth_database_close(serving.db) == 0 ? EXIT_SUCCESS : fail("closing the database");
    }
    if (plinth_run(serving.db, write_something, NULL) != 0) {
        return fail("writing");
    }
    good = ask(port, "GET /metrics HTTP/1.1\r\n\r\n", "plinth_commits_total{database=\":memory:\"} 1\n");
    good = ask(port, "GET /status HTTP/1.1\r\n\r\n", "\"plinth\":{\"path\":\":memory:\"") && good;
    good = ask(port, "GET /else HTTP/1.1\r\n\r\n", "404 Not Found") && good;
    pthread_join(thread, NULL);
    close(serving.listener);
    if (plinth_database_close(serving.db) != 0) {
        return fail("closing the database");
    }
    puts(good ? "the pages are served" : "a page is wrong");
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
