/*
 * Sends every packet of the experimental protocol 253 back to where it came from. Prints `ready`, and at SIGTERM
 * `echoed N`.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>

#define PROTOCOL 253

static volatile sig_atomic_t ending;

static void end(int signal) {
  (void)signal;
  ending = 1;
}

int main(void) {
  struct sigaction action = {.sa_handler = end};
  unsigned long echoed = 0;
  int buffer = 1 << 20;
  int sock = socket(AF_INET, SOCK_RAW, PROTOCOL);
  if (sock < 0) {
    perror("socket");
    return 1;
  }
  setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
  /* Without SA_RESTART: recvfrom returns at the signal. */
  sigaction(SIGTERM, &action, NULL);
  printf("ready\n");
  fflush(stdout);
  while (!ending) {
    unsigned char packet[2048];
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    ssize_t length = recvfrom(sock, packet, sizeof packet, 0, (struct sockaddr *)&from, &size);
    ssize_t header = (packet[0] & 15) * 4;
    if (length <= header) continue;
    if (sendto(sock, packet + header, (size_t)(length - header), 0, (struct sockaddr *)&from, size) ==
        length - header)
      echoed++;
  }
  printf("echoed %lu\n", echoed);
  return 0;
}
