/*
 * Sockets of any family for Node, which itself has no AF_NETLINK: socket(2), bind, connect, options, send, receive, poll.
 * Calls never block and return a negative errno instead of throwing; the constructor alone throws.
 *
 * `request` sends and receives on libuv's thread pool: rtnetlink does its work inside sendmsg(2), and may sleep there for
 * tens of milliseconds.
 *
 * Plain Node-API 8 and libuv's uv_poll, so one build serves every Node from 20 on, in workers too.
 */
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <errno.h>
#include <linux/filter.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

/* A poll handle outlives its socket until libuv has closed it: it is an allocation of its own. */
typedef struct Watch {
  uv_poll_t poll;
  napi_async_cleanup_hook_handle hook;
} Watch;

typedef struct Socket {
  napi_env env;
  int descriptor; /* -1 once closed */
  Watch *watch;   /* NULL while nobody watches */
  /* Strong while it is watched, so that the collector closes nothing that somebody waits for. */
  napi_ref self, callback;
  napi_async_context context;
  bool busy;    /* a request is on the pool, which uses the descriptor */
  bool closing; /* close was called meanwhile */
} Socket;

static napi_value number(napi_env env, int64_t value) {
  napi_value result;
  return napi_create_int64(env, value, &result) == napi_ok ? result : NULL;
}

static bool isNumber(napi_env env, napi_value value, int32_t *into) {
  return napi_get_value_int32(env, value, into) == napi_ok;
}

/* Whether it is a Buffer or another Uint8Array. */
static bool isBytes(napi_env env, napi_value value, void **data, size_t *length) {
  bool is = false;
  return napi_is_buffer(env, value, &is) == napi_ok && is &&
         napi_get_buffer_info(env, value, data, length) == napi_ok;
}

/* The open socket that a method was called on, with its arguments; NULL when there is none. */
static Socket *calledOn(napi_env env, napi_callback_info info, size_t most, napi_value *arguments, napi_value *self) {
  size_t count = most;
  void *found = NULL;
  for (size_t i = 0; i < most; i++) arguments[i] = NULL;
  if (napi_get_cb_info(env, info, &count, arguments, self, NULL) != napi_ok) return NULL;
  if (napi_unwrap(env, *self, &found) != napi_ok) return NULL;
  return ((Socket *)found)->descriptor < 0 ? NULL : found;
}

static void dropReference(napi_env env, napi_ref *reference) {
  if (*reference != NULL) napi_delete_reference(env, *reference);
  *reference = NULL;
}

static void onWatchClosed(uv_handle_t *handle) {
  Watch *watch = (Watch *)handle;
  if (watch->hook != NULL) napi_remove_async_cleanup_hook(watch->hook);
  free(watch);
}

static void endWatch(Socket *one) {
  Watch *watch = one->watch;
  if (watch == NULL) return;
  one->watch = NULL;
  uv_poll_stop(&watch->poll);
  watch->poll.data = NULL;
  uv_close((uv_handle_t *)&watch->poll, onWatchClosed);
}

static void closeNow(Socket *one) {
  endWatch(one);
  if (one->descriptor >= 0) close(one->descriptor);
  one->descriptor = -1;
}

/* A worker ends, or the process: libuv has to close the handle before its loop goes. */
static void onEnvironmentEnds(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  Socket *one = ((Watch *)data)->poll.data;
  if (one != NULL) closeNow(one);
}

static void onCollected(napi_env env, void *data, void *hint) {
  (void)hint;
  Socket *one = data;
  closeNow(one);
  dropReference(env, &one->callback);
  dropReference(env, &one->self);
  if (one->context != NULL) napi_async_destroy(env, one->context);
  free(one);
}

/* new Socket(domain, type, protocol) */
static napi_value Create(napi_env env, napi_callback_info info) {
  napi_value arguments[3] = {NULL}, self;
  size_t count = 3;
  int32_t domain, type, protocol;
  if (napi_get_cb_info(env, info, &count, arguments, &self, NULL) != napi_ok) return NULL;
  if (count < 3 || !isNumber(env, arguments[0], &domain) || !isNumber(env, arguments[1], &type) ||
      !isNumber(env, arguments[2], &protocol)) {
    napi_throw_type_error(env, "EINVAL", "a socket takes three numbers");
    return NULL;
  }
  Socket *one = calloc(1, sizeof *one);
  int descriptor = one == NULL ? -1 : socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (descriptor < 0) {
    int code = one == NULL ? ENOMEM : errno;
    free(one);
    napi_throw_error(env, uv_err_name(-code), strerror(code));
    return NULL;
  }
  one->env = env;
  one->descriptor = descriptor;
  if (napi_wrap(env, self, one, onCollected, NULL, NULL) == napi_ok) return self;
  close(descriptor);
  free(one);
  napi_throw_error(env, "EINVAL", "call it with new");
  return NULL;
}

static napi_value Close(napi_env env, napi_callback_info info) {
  napi_value self;
  Socket *one = calledOn(env, info, 0, NULL, &self);
  if (one == NULL) return number(env, 0);
  endWatch(one);
  dropReference(env, &one->callback);
  dropReference(env, &one->self);
  if (one->busy) one->closing = true;
  else closeNow(one);
  return number(env, 0);
}

typedef int AddressCall(int descriptor, const struct sockaddr *address, socklen_t length);

static napi_value withAddress(napi_env env, napi_callback_info info, AddressCall *call) {
  napi_value arguments[1], self;
  void *address;
  size_t length;
  Socket *one = calledOn(env, info, 1, arguments, &self);
  if (one == NULL) return number(env, -EBADF);
  if (!isBytes(env, arguments[0], &address, &length)) return number(env, -EINVAL);
  return number(env, call(one->descriptor, address, (socklen_t)length) < 0 ? -errno : 0);
}

/* bind(address) */
static napi_value Bind(napi_env env, napi_callback_info info) { return withAddress(env, info, bind); }

/* connect(address) */
static napi_value Connect(napi_env env, napi_callback_info info) { return withAddress(env, info, connect); }

/* name(into): the socket's own address; returns its length */
static napi_value Name(napi_env env, napi_callback_info info) {
  napi_value arguments[1], self;
  void *into;
  size_t room;
  Socket *one = calledOn(env, info, 1, arguments, &self);
  if (one == NULL) return number(env, -EBADF);
  if (!isBytes(env, arguments[0], &into, &room)) return number(env, -EINVAL);
  socklen_t length = (socklen_t)room;
  return number(env, getsockname(one->descriptor, into, &length) < 0 ? -errno : (int)length);
}

/* setOption(level, name, value) */
static napi_value SetOption(napi_env env, napi_callback_info info) {
  napi_value arguments[3], self;
  int32_t level, name;
  void *value;
  size_t length;
  Socket *one = calledOn(env, info, 3, arguments, &self);
  if (one == NULL) return number(env, -EBADF);
  if (!isNumber(env, arguments[0], &level) || !isNumber(env, arguments[1], &name) ||
      !isBytes(env, arguments[2], &value, &length))
    return number(env, -EINVAL);
  return number(env, setsockopt(one->descriptor, level, name, value, (socklen_t)length) < 0 ? -errno : 0);
}

static ssize_t sendBytes(int descriptor, const void *data, size_t length) {
  ssize_t sent;
  do sent = send(descriptor, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : sent;
}

/* Returns the datagram's whole length, also where it was longer than the room. */
static ssize_t receiveBytes(int descriptor, void *into, size_t room) {
  ssize_t length;
  do length = recv(descriptor, into, room, MSG_DONTWAIT | MSG_TRUNC);
  while (length < 0 && errno == EINTR);
  return length < 0 ? -errno : length;
}

/* getOption(level, name, into): returns the length of the value */
static napi_value GetOption(napi_env env, napi_callback_info info) {
  napi_value arguments[3], self;
  int32_t level, name;
  void *into;
  size_t room;
  Socket *one = calledOn(env, info, 3, arguments, &self);
  if (one == NULL) return number(env, -EBADF);
  if (!isNumber(env, arguments[0], &level) || !isNumber(env, arguments[1], &name) ||
      !isBytes(env, arguments[2], &into, &room))
    return number(env, -EINVAL);
  socklen_t length = (socklen_t)room;
  return number(env, getsockopt(one->descriptor, level, name, into, &length) < 0 ? -errno : (int)length);
}

/*
 * attach(program): what is received passes this filter, in classic BPF, a struct sock_filter for each instruction; an empty
 * program takes it away
 */
static napi_value Attach(napi_env env, napi_callback_info info) {
  napi_value arguments[1], self;
  void *code;
  size_t length;
  Socket *one = calledOn(env, info, 1, arguments, &self);
  if (one == NULL) return number(env, -EBADF);
  if (!isBytes(env, arguments[0], &code, &length) || length % sizeof(struct sock_filter) != 0 ||
      length / sizeof(struct sock_filter) > BPF_MAXINSNS)
    return number(env, -EINVAL);
  struct sock_fprog program = {.len = (unsigned short)(length / sizeof(struct sock_filter)), .filter = code};
  const int name = length == 0 ? SO_DETACH_FILTER : SO_ATTACH_FILTER;
  return number(env, setsockopt(one->descriptor, SOL_SOCKET, name, &program, sizeof program) < 0 ? -errno : 0);
}

/* send(data): returns the number of bytes */
static napi_value Send(napi_env env, napi_callback_info info) {
  napi_value arguments[1], self;
  void *data;
  size_t length;
  Socket *one = calledOn(env, info, 1, arguments, &self);
  if (one == NULL) return number(env, -EBADF);
  if (!isBytes(env, arguments[0], &data, &length)) return number(env, -EINVAL);
  return number(env, sendBytes(one->descriptor, data, length));
}

/* receive(into): one datagram; returns its whole length, which may be more than the room */
static napi_value Receive(napi_env env, napi_callback_info info) {
  napi_value arguments[1], self;
  void *into;
  size_t room;
  Socket *one = calledOn(env, info, 1, arguments, &self);
  if (one == NULL) return number(env, -EBADF);
  if (!isBytes(env, arguments[0], &into, &room)) return number(env, -EINVAL);
  return number(env, receiveBytes(one->descriptor, into, room));
}

/* Data with an address and control data, as sendmsg(2) and recvmsg(2) take them. */
static bool readMessage(napi_env env, napi_value *arguments, struct msghdr *message, struct iovec *part) {
  void *address, *control;
  size_t addressRoom, controlRoom;
  if (!isBytes(env, arguments[0], &part->iov_base, &part->iov_len) ||
      !isBytes(env, arguments[1], &address, &addressRoom) || !isBytes(env, arguments[2], &control, &controlRoom))
    return false;
  *message = (struct msghdr){.msg_name = address,
                             .msg_namelen = (socklen_t)addressRoom,
                             .msg_iov = part,
                             .msg_iovlen = 1,
                             .msg_control = controlRoom > 0 ? control : NULL,
                             .msg_controllen = controlRoom};
  return true;
}

/* sendTo(data, address, control): returns the number of bytes */
static napi_value SendTo(napi_env env, napi_callback_info info) {
  napi_value arguments[3], self;
  struct msghdr message;
  struct iovec part;
  Socket *one = calledOn(env, info, 3, arguments, &self);
  if (one == NULL) return number(env, -EBADF);
  if (!readMessage(env, arguments, &message, &part)) return number(env, -EINVAL);
  ssize_t sent;
  do sent = sendmsg(one->descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return number(env, sent < 0 ? -errno : sent);
}

/*
 * receiveFrom(into, address, control): one datagram, as `receive`, with the address of its sender and its control data. The
 * rest of both is zero: control data ends before a length of 0.
 */
static napi_value ReceiveFrom(napi_env env, napi_callback_info info) {
  napi_value arguments[3], self;
  struct msghdr message;
  struct iovec part;
  Socket *one = calledOn(env, info, 3, arguments, &self);
  if (one == NULL) return number(env, -EBADF);
  if (!readMessage(env, arguments, &message, &part)) return number(env, -EINVAL);
  const struct msghdr whole = message;
  memset(whole.msg_name, 0, whole.msg_namelen);
  if (whole.msg_control != NULL) memset(whole.msg_control, 0, whole.msg_controllen);
  ssize_t length;
  do {
    message = whole;
    length = recvmsg(one->descriptor, &message, MSG_DONTWAIT | MSG_TRUNC);
  } while (length < 0 && errno == EINTR);
  return number(env, length < 0 ? -errno : length);
}

/* An exception of a callback is the program's, as one of a timer's callback is. */
static void passOn(napi_env env, napi_status status) {
  napi_value thrown;
  if (status == napi_pending_exception && napi_get_and_clear_last_exception(env, &thrown) == napi_ok)
    napi_fatal_exception(env, thrown);
}

static void onReadable(uv_poll_t *poll, int status, int events) {
  Socket *one = poll->data;
  (void)events;
  if (one == NULL || one->callback == NULL) return;
  /* libuv stops where the socket has an error. Here that is ENOBUFS, which the next receive tells and clears. */
  if (status < 0) uv_poll_start(poll, UV_READABLE, onReadable);
  napi_env env = one->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value callback, self, result;
  if (napi_get_reference_value(env, one->callback, &callback) == napi_ok &&
      napi_get_reference_value(env, one->self, &self) == napi_ok)
    passOn(env, napi_make_callback(env, one->context, self, callback, 0, NULL, &result));
  napi_close_handle_scope(env, scope);
}

static bool isFunction(napi_env env, napi_value value) {
  napi_valuetype type;
  return value != NULL && napi_typeof(env, value, &type) == napi_ok && type == napi_function;
}

/* watch(callback): calls it in every turn of the loop in which there is something to receive; keeps the loop running */
static napi_value StartWatch(napi_env env, napi_callback_info info) {
  napi_value arguments[1], self, name;
  uv_loop_t *loop;
  Socket *one = calledOn(env, info, 1, arguments, &self);
  if (one == NULL) return number(env, -EBADF);
  if (!isFunction(env, arguments[0])) return number(env, -EINVAL);
  if (one->watch != NULL) return number(env, -EALREADY);
  Watch *watch = calloc(1, sizeof *watch);
  if (watch == NULL || napi_get_uv_event_loop(env, &loop) != napi_ok) {
    free(watch);
    return number(env, -ENOMEM);
  }
  int failed = uv_poll_init(loop, &watch->poll, one->descriptor);
  if (failed != 0) {
    free(watch);
    return number(env, failed);
  }
  watch->poll.data = one;
  one->watch = watch;
  dropReference(env, &one->callback);
  napi_create_reference(env, arguments[0], 1, &one->callback);
  if (one->self == NULL) napi_create_reference(env, self, 1, &one->self);
  if (one->context == NULL && napi_create_string_utf8(env, "socket", NAPI_AUTO_LENGTH, &name) == napi_ok)
    napi_async_init(env, NULL, name, &one->context);
  napi_add_async_cleanup_hook(env, onEnvironmentEnds, watch, &watch->hook);
  return number(env, uv_poll_start(&watch->poll, UV_READABLE, onReadable));
}

typedef struct Request {
  Socket *socket;
  napi_async_work work;
  /* Strong: the pool reads and writes their memory. */
  napi_ref self, data, into, callback;
  const void *out;
  size_t length;
  char *in;
  size_t room;
  ssize_t sent;     /* or a negative errno */
  size_t received;  /* bytes, datagrams one behind the other */
  int end;          /* errno that ended the receiving, 0 when the room was used up */
  bool overrun;     /* the kernel had no room for an answer */
} Request;

/* The kernel fills datagrams of a dump up to so many bytes. */
#define LARGEST_DATAGRAM 32768

static void onPool(napi_env env, void *data) {
  (void)env;
  Request *request = data;
  int descriptor = request->socket->descriptor;
  if (request->length > 0) request->sent = sendBytes(descriptor, request->out, request->length);
  if (request->sent < 0) return;
  while (request->room - request->received >= LARGEST_DATAGRAM) {
    size_t room = request->room - request->received;
    ssize_t length = receiveBytes(descriptor, request->in + request->received, room);
    if (length == -ENOBUFS) {
      request->overrun = true;
      continue;
    }
    if (length < 0 || (size_t)length > room) {
      request->end = length < 0 ? (int)-length : EMSGSIZE;
      return;
    }
    /* Netlink messages begin at multiples of four. */
    size_t next = ((size_t)length + 3) & ~(size_t)3;
    request->received += next < room ? next : room;
  }
}

static void onPoolEnded(napi_env env, napi_status status, void *data) {
  Request *request = data;
  Socket *one = request->socket;
  napi_value callback = NULL, self = NULL, result, values[4];
  napi_get_reference_value(env, request->callback, &callback);
  napi_get_reference_value(env, request->self, &self);
  values[0] = number(env, status == napi_cancelled ? -ECANCELED : request->sent);
  values[1] = number(env, (int64_t)request->received);
  values[2] = number(env, request->end);
  napi_get_boolean(env, request->overrun, &values[3]);
  napi_ref *references[] = {&request->self, &request->data, &request->into, &request->callback};
  for (size_t i = 0; i < sizeof references / sizeof *references; i++) dropReference(env, references[i]);
  napi_delete_async_work(env, request->work);
  free(request);
  one->busy = false;
  if (one->closing) closeNow(one);
  if (callback != NULL && self != NULL)
    passOn(env, napi_call_function(env, self, callback, 4, values, &result));
}

/*
 * request(data, into, callback): on a thread of the pool sends `data`, unless it is empty, and receives until nothing is left
 * or less than 32 KiB of room are. Calls back with (sent or -errno, bytes received, errno of the end, overrun). One at a time;
 * neither buffer may be touched until then.
 */
static napi_value StartRequest(napi_env env, napi_callback_info info) {
  napi_value arguments[3], self, name;
  void *out, *in;
  size_t length, room;
  Socket *one = calledOn(env, info, 3, arguments, &self);
  if (one == NULL || one->closing) return number(env, -EBADF);
  if (!isBytes(env, arguments[0], &out, &length) || !isBytes(env, arguments[1], &in, &room) ||
      !isFunction(env, arguments[2]))
    return number(env, -EINVAL);
  if (one->busy) return number(env, -EALREADY);
  Request *request = calloc(1, sizeof *request);
  if (request == NULL) return number(env, -ENOMEM);
  *request = (Request){.socket = one, .out = out, .length = length, .in = in, .room = room};
  if (napi_create_string_utf8(env, "socket", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_async_work(env, NULL, name, onPool, onPoolEnded, request, &request->work) != napi_ok) {
    free(request);
    return number(env, -ENOMEM);
  }
  napi_create_reference(env, self, 1, &request->self);
  napi_create_reference(env, arguments[0], 1, &request->data);
  napi_create_reference(env, arguments[1], 1, &request->into);
  napi_create_reference(env, arguments[2], 1, &request->callback);
  one->busy = true;
  napi_queue_async_work(env, request->work);
  return number(env, 0);
}

NAPI_MODULE_INIT() {
#define METHOD(name, function) {name, NULL, function, NULL, NULL, NULL, napi_default_method, NULL}
  const napi_property_descriptor methods[] = {
      METHOD("attach", Attach),
      METHOD("bind", Bind),          METHOD("close", Close), METHOD("connect", Connect),    METHOD("name", Name),
      METHOD("receive", Receive),    METHOD("send", Send),   METHOD("request", StartRequest),
      METHOD("setOption", SetOption), METHOD("watch", StartWatch),
      METHOD("getOption", GetOption), METHOD("sendTo", SendTo), METHOD("receiveFrom", ReceiveFrom),
  };
  napi_value class;
  const size_t count = sizeof methods / sizeof *methods;
  if (napi_define_class(env, "Socket", NAPI_AUTO_LENGTH, Create, NULL, count, methods, &class) != napi_ok) return NULL;
  napi_set_named_property(env, exports, "Socket", class);
  return exports;
}
