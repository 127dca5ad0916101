/**
 * The watching thread of the guard (runtime/services/guard.ts): it ends JavaScript that does not return in time.
 *
 * One thread lives as long as the addon's environment. `run` writes a frame (a deadline, if there is one) and
 * calls its body; each call within it may have a limit of CPU time. The thread looks at the frame; when its time is over, it asks V8 to interrupt the main thread. The
 * interrupt runs on the main thread, so nothing races with it: it finds the frame still open, notes where the code
 * stands, and terminates it; or it finds that the frame was left, and does nothing.
 *
 * The main thread says what runs in words that both read: GENERATION changes with each call into module code, whose limit
 * stands beside it; OWN is above 0 while the runtime's own code runs, which is never cut half-way.
 *
 * The thread is woken only when it sleeps beyond a new deadline. While frames come, it looks again every LINGER: a
 * frame that is entered often costs no system call.
 */
#include <node.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace {

using v8::ArrayBuffer;
using v8::BackingStore;
using v8::Context;
using v8::External;
using v8::Float64Array;
using v8::Function;
using v8::FunctionCallbackInfo;
using v8::HandleScope;
using v8::Int32Array;
using v8::Isolate;
using v8::Local;
using v8::MaybeLocal;
using v8::Number;
using v8::Object;
using v8::StackFrame;
using v8::StackTrace;
using v8::String;
using v8::TryCatch;
using v8::Value;

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
/** Lines of the stack that is told. */
constexpr int STACK_LINES = 8;

/** Places of the shared words, as in runtime/native/watch.ts. */
enum Word { GENERATION, OWN, WORDS };
/** Byte at which the limit of the call's CPU time stands, a double in ms. */
constexpr size_t LIMIT_AT = 8;
constexpr size_t SHARED_BYTES = LIMIT_AT + sizeof(double);

uint64_t read(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return uint64_t(time.tv_sec) * 1000 * MILLISECOND + uint64_t(time.tv_nsec);
}

uint64_t now() { return read(CLOCK_MONOTONIC); }

class Watch {
 public:
  explicit Watch(Isolate* isolate)
      : isolate_(isolate), shared_(ArrayBuffer::NewBackingStore(isolate, SHARED_BYTES)) {
    pthread_getcpuclockid(pthread_self(), &cpuClock_);
    thread_ = std::thread([this] { loop(); });
  }

  /** Called on the main thread when the environment ends. */
  ~Watch() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      ended_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  std::shared_ptr<BackingStore> shared() const { return shared_; }

  /** `run(ms until the deadline, body)`: undefined when the body returned, or the stack where it was cut. */
  void run(const FunctionCallbackInfo<Value>& info) {
    const double limit = info[0].As<Number>()->Value();
    const Frame around = frame_;
    const int32_t ownAround = load(OWN);
    frame_ = Frame{++lastId_, limit < LONGEST ? now() + uint64_t(limit * double(MILLISECOND)) : NEVER};
    arm();
    bool cut;
    {
      TryCatch caught(isolate_);
      const MaybeLocal<Value> result = info[1].As<Function>()->Call(
          isolate_->GetCurrentContext(), v8::Undefined(isolate_), 0, nullptr);
      const bool fired = firedAt_ == frame_.id;
      cut = fired && result.IsEmpty() && caught.HasTerminated();
      frame_ = around;
      arm();
      if (fired) {
        // Also where the body has returned since: nothing else may be terminated for it.
        isolate_->CancelTerminateExecution();
        firedAt_ = 0;
      }
      if (cut) {
        caught.Reset();
      } else if (result.IsEmpty()) {
        caught.ReThrow();
        return;
      }
    }
    store(OWN, ownAround);
    if (!cut) return;
    info.GetReturnValue().Set(
        String::NewFromUtf8(isolate_, stack_.c_str()).FromMaybe(String::Empty(isolate_)));
  }

 private:
  struct Frame {
    /** 0: none. */
    uint32_t id;
    uint64_t deadline;
  };

  // --- the main thread

  int32_t load(Word word) const { return __atomic_load_n(words() + word, __ATOMIC_ACQUIRE); }
  void store(Word word, int32_t value) { __atomic_store_n(words() + word, value, __ATOMIC_RELEASE); }
  int32_t* words() const { return static_cast<int32_t*>(shared_->Data()); }

  /** Shows the thread the frame that is open now, or that none is. */
  void arm() {
    deadline_.store(frame_.deadline, std::memory_order_relaxed);
    id_.store(frame_.id, std::memory_order_seq_cst);
    if (frame_.id == 0) return;
    const uint64_t wakes = wakesAt_.load(std::memory_order_seq_cst);
    if (wakes == NEVER || wakes > frame_.deadline) {
      std::lock_guard<std::mutex> lock(mutex_);
      changed_.notify_one();
    }
  }

  static void onInterrupt(Isolate*, void* data) { static_cast<Watch*>(data)->interrupt(); }

  /** V8 calls it between two instructions of the JavaScript that runs. */
  void interrupt() {
    const uint32_t id = askedId_;
    const int32_t generation = askedGeneration_;
    asked_.store(false, std::memory_order_release);
    if (frame_.id != id || firedAt_ == id || load(OWN) > 0) return;
    if (load(GENERATION) != generation && now() < frame_.deadline) return;
    firedAt_ = id;
    stack_ = stackText();
    isolate_->TerminateExecution();
  }

  std::string stackText() {
    HandleScope scope(isolate_);
    const Local<StackTrace> trace = StackTrace::CurrentStackTrace(isolate_, STACK_LINES);
    std::string text;
    for (int i = 0; i < trace->GetFrameCount(); i++) {
      const Local<StackFrame> frame = trace->GetFrame(isolate_, i);
      const String::Utf8Value name(isolate_, frame->GetFunctionName());
      const String::Utf8Value file(isolate_, frame->GetScriptName());
      if (!text.empty()) text += '\n';
      text += std::string("at ") + (*name != nullptr && name.length() > 0 ? *name : "<anonymous>") + " (" +
              (*file != nullptr ? *file : "") + ":" + std::to_string(frame->GetLineNumber()) + ":" +
              std::to_string(frame->GetColumn()) + ")";
    }
    return text;
  }

  // --- the watching thread

  void loop() {
    pthread_setname_np(pthread_self(), "hitless-guard");
    prctl(PR_SET_TIMERSLACK, MICROSECOND, 0, 0, 0);
    std::unique_lock<std::mutex> lock(mutex_);
    uint64_t lastFrameAt = now();
    uint32_t seenId = 0;
    int32_t seenGeneration = 0;
    uint64_t seenCpu = 0;
    while (!ended_) {
      const uint32_t id = id_.load(std::memory_order_seq_cst);
      const uint64_t time = now();
      uint64_t next = time + LINGER;
      if (id != latest_) {
        latest_ = id;
        lastFrameAt = time;
      }
      if (id == 0) {
        if (time - lastFrameAt > REST) next = NEVER;
      } else {
        lastFrameAt = time;
        const uint64_t deadline = deadline_.load(std::memory_order_relaxed);
        const double limit = limitMs();
        const int32_t generation = load(GENERATION);
        uint64_t left = NEVER;
        if (limit < LONGEST) {
          const uint64_t cpu = read(cpuClock_);
          if (id != seenId || generation != seenGeneration) {
            seenId = id;
            seenGeneration = generation;
            seenCpu = cpu;
          }
          const uint64_t granted = uint64_t(limit * double(MILLISECOND));
          left = cpu - seenCpu < granted ? granted - (cpu - seenCpu) : 0;
        }
        if (time >= deadline || left == 0) {
          ask(id, generation);
          next = time + AGAIN;
        } else {
          next = std::min({next, deadline, time + std::max(std::min(left, LINGER), AGAIN)});
        }
      }
      wakesAt_.store(next, std::memory_order_seq_cst);
      if (id_.load(std::memory_order_seq_cst) != id) continue;
      if (next == NEVER) changed_.wait(lock);
      else changed_.wait_until(lock, at(next));
    }
  }

  /** Asks V8 for an interrupt, unless one is on its way. */
  void ask(uint32_t id, int32_t generation) {
    if (load(OWN) > 0 || asked_.load(std::memory_order_acquire)) return;
    askedId_ = id;
    askedGeneration_ = generation;
    asked_.store(true, std::memory_order_release);
    isolate_->RequestInterrupt(onInterrupt, this);
  }

  double limitMs() const {
    uint64_t bits = __atomic_load_n(reinterpret_cast<uint64_t*>(static_cast<char*>(shared_->Data()) + LIMIT_AT),
                                    __ATOMIC_RELAXED);
    double limit;
    static_assert(sizeof bits == sizeof limit, "a double has 64 bits");
    __builtin_memcpy(&limit, &bits, sizeof limit);
    return limit;
  }

  static std::chrono::steady_clock::time_point at(uint64_t time) {
    return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(time));
  }

  Isolate* const isolate_;
  const std::shared_ptr<BackingStore> shared_;
  clockid_t cpuClock_{};

  /** Of the main thread alone. */
  Frame frame_{0, NEVER};
  uint32_t lastId_ = 0;
  uint32_t firedAt_ = 0;
  std::string stack_;

  /** The open frame, as the thread sees it: `id_` is written last. */
  std::atomic<uint32_t> id_{0};
  std::atomic<uint64_t> deadline_{NEVER};
  /** When the thread looks next. */
  std::atomic<uint64_t> wakesAt_{0};
  /** An interrupt is on its way, for this frame and generation. */
  std::atomic<bool> asked_{false};
  uint32_t askedId_ = 0;
  int32_t askedGeneration_ = 0;

  /** Of the watching thread alone. */
  uint32_t latest_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;
};

void run(const FunctionCallbackInfo<Value>& info) {
  static_cast<Watch*>(info.Data().As<External>()->Value())->run(info);
}

}  // namespace

NODE_MODULE_INIT() {
  Isolate* const isolate = Isolate::GetCurrent();
  Watch* const watch = new Watch(isolate);
  node::AddEnvironmentCleanupHook(isolate, [](void* data) { delete static_cast<Watch*>(data); }, watch);
  const Local<ArrayBuffer> shared = ArrayBuffer::New(isolate, watch->shared());
  const auto put = [&](const char* name, Local<Value> value) {
    exports.As<Object>()->Set(context, String::NewFromUtf8(isolate, name).ToLocalChecked(), value).Check();
  };
  put("words", Int32Array::New(shared, 0, WORDS));
  put("limit", Float64Array::New(shared, LIMIT_AT, 1));
  put("run", Function::New(context, run, External::New(isolate, watch)).ToLocalChecked());
}
