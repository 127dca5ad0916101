/*
 * Sends packets of an experimental protocol (253, RFC 3692) through a raw socket and waits for their echo.
 *
 *     tester ADDRESS WARMUP SINGLES BURSTS SIZE WINDOW
 *
 * First one packet at a time, then bursts of SIZE packets of which WINDOW are under way. Prints
 * `single NS` for each of the first and `burst NS` for each of the second; `lost N` when an echo did not come.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#define PROTOCOL 253
#define PAYLOAD 64

static int sock;
static uint64_t sent, received;

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void send_one(void) {
  unsigned char payload[PAYLOAD] = {0};
  memcpy(payload, &sent, sizeof sent);
  if (send(sock, payload, sizeof payload, 0) != sizeof payload) {
    perror("send");
    exit(1);
  }
  sent++;
}

/* Packets come back in order: another number than the next one is one that was lost or doubled. */
static void receive_one(void) {
  unsigned char packet[2048];
  ssize_t length = recv(sock, packet, sizeof packet, 0);
  if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    printf("lost %llu\n", (unsigned long long)(sent - received));
    exit(0);
  }
  size_t header = (size_t)(packet[0] & 15) * 4;
  uint64_t number = 0;
  if (length == (ssize_t)(header + PAYLOAD)) memcpy(&number, packet + header, sizeof number);
  if (length != (ssize_t)(header + PAYLOAD) || number != received) {
    fprintf(stderr, "packet %llu came back as %lld bytes, number %llu\n", (unsigned long long)received,
            (long long)length, (unsigned long long)number);
    exit(1);
  }
  received++;
}

int main(int count, char **words) {
  if (count != 7) return 2;
  int warmup = atoi(words[2]), singles = atoi(words[3]), bursts = atoi(words[4]), size = atoi(words[5]),
      window = atoi(words[6]);
  struct sockaddr_in to = {.sin_family = AF_INET};
  struct timeval patience = {.tv_sec = 3};
  int buffer = 1 << 20;
  sock = socket(AF_INET, SOCK_RAW, PROTOCOL);
  if (sock < 0 || inet_pton(AF_INET, words[1], &to.sin_addr) != 1 ||
      connect(sock, (struct sockaddr *)&to, sizeof to) != 0 ||
      setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0) {
    perror("socket");
    return 1;
  }
  setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
  for (int i = 0; i < warmup + singles; i++) {
    uint64_t began = now();
    send_one();
    receive_one();
    if (i >= warmup) printf("single %llu\n", (unsigned long long)(now() - began));
  }
  for (int i = 0; i < bursts; i++) {
    uint64_t began = now();
    int out = 0;
    for (; out < window && out < size; out++) send_one();
    for (int back = 0; back < size; back++) {
      receive_one();
      if (out < size) {
        send_one();
        out++;
      }
    }
    printf("burst %llu\n", (unsigned long long)(now() - began));
  }
  printf("sent %llu\nreceived %llu\n", (unsigned long long)sent, (unsigned long long)received);
  return 0;
}
