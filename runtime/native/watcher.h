/**
 * The words that the guard's two threads share, and the watching thread itself. Nothing here knows V8, so that a stress test compiles it
 * alone (test/runtime/fixtures/watcher-stress.cc).
 *
 * The main thread opens frames, one within another. A frame may have a deadline of the monotonic clock; each call in
 * it may have a limit of CPU time. When the time of what runs is over, the thread calls `ask`. Its caller has `strikes`
 * called on the main thread a moment later: that tells whether the same thing still runs.
 *
 * The main thread says what runs in words that both read. GENERATION changes with each call into module code, whose limit
 * stands beside it. OWN is above 0 while the runtime's own code runs, which is never cut half-way. Nothing is cut while
 * DEBUGGED is set. V8 ends code some instructions after `strikes` has said so, when it may have gone on into the runtime's.
 * That looks at STRUCK where it begins, and waits for its end there.
 *
 * The thread is woken only when it sleeps beyond a new deadline. While frames come, it looks again every LINGER: a
 * frame that is entered often costs no system call.
 */
#ifndef HITLESS_WATCHER_H
#define HITLESS_WATCHER_H

#include <pthread.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>

namespace hitless {

constexpr uint64_t MICROSECOND = 1000;
constexpr uint64_t MILLISECOND = 1000 * MICROSECOND;
/** The thread looks again after so long while frames come: a call's CPU time is counted from the first look. */
constexpr uint64_t LINGER = 5 * MILLISECOND;
/** Without a frame for so long, it sleeps until it is woken. */
constexpr uint64_t REST = 1000 * MILLISECOND;
/** It asks again after so long where the runtime's own code ran, or a long built-in. */
constexpr uint64_t AGAIN = 200 * MICROSECOND;
constexpr uint64_t NEVER = UINT64_MAX;
/** A limit of so many ms or more is none. */
constexpr double LONGEST = 1e9;

/** Places of the shared words, as in runtime/native/marks.ts. */
enum Word { GENERATION, OWN, DEBUGGED, STRUCK, WORDS };
/** Byte at which the limit of the call's CPU time stands, a double in ms. */
constexpr size_t LIMIT_AT = 16;
constexpr size_t SHARED_BYTES = LIMIT_AT + sizeof(double);

inline uint64_t read(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return uint64_t(time.tv_sec) * 1000 * MILLISECOND + uint64_t(time.tv_nsec);
}

inline uint64_t now() { return read(CLOCK_MONOTONIC); }

class Watcher {
 public:
  struct Frame {
    /** 0: none. */
    uint32_t id = 0;
    uint64_t deadline = NEVER;
  };

  /**
   * To be made and ended by the main thread.
   * @param shared SHARED_BYTES, aligned to 8, for as long as this lives
   * @param ask called by the watching thread: `strikes` is to be called soon on the main thread, once for each call
   * @param linger ns, as LINGER
   * @param rest ns, as REST
   */
  Watcher(void* shared, void (*ask)(void*), void* data, uint64_t linger = LINGER, uint64_t rest = REST)
      : shared_(shared), ask_(ask), data_(data), linger_(linger), rest_(rest) {
    pthread_getcpuclockid(pthread_self(), &cpuClock_);
    thread_ = std::thread([this] { loop(); });
  }

  ~Watcher() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      ended_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // --- the main thread

  int32_t load(Word word) const { return __atomic_load_n(words() + word, __ATOMIC_ACQUIRE); }
  void store(Word word, int32_t value) { __atomic_store_n(words() + word, value, __ATOMIC_RELEASE); }

  /** Opens a frame of so many ms of the clock; returns the one around it. */
  Frame enter(double ms) {
    const Frame around = frame_;
    frame_.id = ++lastId_;
    if (lastId_ == 0) frame_.id = ++lastId_;
    frame_.deadline = ms < LONGEST ? now() + uint64_t(ms * double(MILLISECOND)) : NEVER;
    show();
    return around;
  }

  /** Whether the frame that is open has struck. */
  bool fired() const { return frame_.id != 0 && firedAt_ == frame_.id; }

  /** The frame that is open is left. */
  void leave(const Frame& around) {
    if (fired()) firedAt_ = 0;
    frame_ = around;
    show();
  }

  /** The code that runs from now on has a time of its own: as from JavaScript, a new generation. */
  void next() { store(GENERATION, int32_t(uint32_t(load(GENERATION)) + 1)); }

  /** The answer to `ask`: whether what runs is to be ended. It is, once for each frame. */
  bool strikes() {
    const uint32_t id = askedId_;
    const int32_t generation = askedGeneration_;
    asked_.store(false, std::memory_order_release);
    if (frame_.id != id || firedAt_ == id || load(OWN) > 0 || load(DEBUGGED) > 0) return false;
    if (load(GENERATION) != generation && now() < frame_.deadline) return false;
    firedAt_ = id;
    store(STRUCK, 1);
    return true;
  }

 private:
  int32_t* words() const { return static_cast<int32_t*>(shared_); }

  /** Shows the thread the frame that is open now, or that none is. */
  void show() {
    deadline_.store(frame_.deadline, std::memory_order_relaxed);
    id_.store(frame_.id, std::memory_order_seq_cst);
    if (frame_.id == 0) return;
    const uint64_t wakes = wakesAt_.load(std::memory_order_seq_cst);
    if (wakes == NEVER || wakes > frame_.deadline) {
      std::lock_guard<std::mutex> lock(mutex_);
      changed_.notify_one();
    }
  }

  // --- the watching thread

  void loop() {
    pthread_setname_np(pthread_self(), "hitless-guard");
    prctl(PR_SET_TIMERSLACK, MICROSECOND, 0, 0, 0);
    std::unique_lock<std::mutex> lock(mutex_);
    lastFrameAt_ = now();
    while (!ended_) {
      const uint32_t id = id_.load(std::memory_order_seq_cst);
      const uint64_t next = look(id, now());
      wakesAt_.store(next, std::memory_order_seq_cst);
      if (id_.load(std::memory_order_seq_cst) != id) continue;
      if (next == NEVER) changed_.wait(lock);
      else changed_.wait_until(lock, at(next));
    }
  }

  /** Asks where the time of what runs is over; returns when to look again. */
  uint64_t look(uint32_t id, uint64_t time) {
    if (id != latest_) {
      latest_ = id;
      lastFrameAt_ = time;
    }
    if (id == 0) return time - lastFrameAt_ >= rest_ ? NEVER : time + linger_;
    lastFrameAt_ = time;
    const uint64_t deadline = deadline_.load(std::memory_order_relaxed);
    const int32_t generation = load(GENERATION);
    const uint64_t left = cpuLeft(id, generation);
    if (time < deadline && left > 0)
      return std::min({time + linger_, deadline, time + std::max(std::min(left, linger_), AGAIN)});
    ask(id, generation);
    return time + AGAIN;
  }

  /** CPU time that is left to the call that runs, in ns. */
  uint64_t cpuLeft(uint32_t id, int32_t generation) {
    const double limit = limitMs();
    if (!(limit < LONGEST)) return NEVER;
    const uint64_t cpu = read(cpuClock_);
    if (id != seenId_ || generation != seenGeneration_) {
      seenId_ = id;
      seenGeneration_ = generation;
      seenCpu_ = cpu;
    }
    const uint64_t granted = uint64_t(limit * double(MILLISECOND));
    return cpu - seenCpu_ < granted ? granted - (cpu - seenCpu_) : 0;
  }

  /** Unless it has asked and there was no answer yet. */
  void ask(uint32_t id, int32_t generation) {
    if (load(OWN) > 0 || load(DEBUGGED) > 0 || asked_.load(std::memory_order_acquire)) return;
    askedId_ = id;
    askedGeneration_ = generation;
    asked_.store(true, std::memory_order_release);
    ask_(data_);
  }

  double limitMs() const {
    const uint64_t bits = __atomic_load_n(
        reinterpret_cast<const uint64_t*>(static_cast<const char*>(shared_) + LIMIT_AT), __ATOMIC_RELAXED);
    double limit;
    static_assert(sizeof bits == sizeof limit, "a double has 64 bits");
    __builtin_memcpy(&limit, &bits, sizeof limit);
    return limit;
  }

  static std::chrono::steady_clock::time_point at(uint64_t time) {
    return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(time));
  }

  void* const shared_;
  void (*const ask_)(void*);
  void* const data_;
  const uint64_t linger_;
  const uint64_t rest_;
  clockid_t cpuClock_{};

  /** Of the main thread alone. */
  Frame frame_;
  uint32_t lastId_ = 0;
  uint32_t firedAt_ = 0;

  /** The open frame, as the thread sees it: `id_` is written last. */
  std::atomic<uint32_t> id_{0};
  std::atomic<uint64_t> deadline_{NEVER};
  /** When the thread looks next. */
  std::atomic<uint64_t> wakesAt_{0};
  /** It has asked, for this frame and generation. */
  std::atomic<bool> asked_{false};
  uint32_t askedId_ = 0;
  int32_t askedGeneration_ = 0;

  /** Of the watching thread alone. */
  uint32_t latest_ = 0;
  uint64_t lastFrameAt_ = 0;
  uint32_t seenId_ = 0;
  int32_t seenGeneration_ = 0;
  uint64_t seenCpu_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace hitless

#endif
