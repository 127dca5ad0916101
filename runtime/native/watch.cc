/**
 * The guard's addon (runtime/services/guard.ts): it ends JavaScript that does not return in time.
 *
 * One thread lives as long as the addon's environment (watcher.h). `run` opens a frame and calls its body. When the time is
 * over, the thread asks V8 to interrupt the main thread. The interrupt runs on the main thread, so nothing races with it. It finds
 * the frame still open, notes where the code stands, and terminates it. Or it finds that the frame was left, and does nothing.
 *
 * Promise continuations that a call leaves are part of it: they run before its frame is left. V8 drops the whole queue of
 * microtasks when one is terminated, so nobody else's may be in it. `run` is told whether it is called by the event loop,
 * when the queue is empty. From anywhere else, the continuations run later and unbounded.
 */
#include <node.h>
#include <v8-microtask-queue.h>

#include <memory>
#include <string>

#include "heap.h"
#include "watcher.h"

namespace {

using hitless::Watcher;
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
using v8::Number;
using v8::Object;
using v8::StackFrame;
using v8::StackTrace;
using v8::String;
using v8::TryCatch;
using v8::Value;

/** Lines of the stack that is told. */
constexpr int STACK_LINES = 8;

class Watch {
 public:
  explicit Watch(Isolate* isolate)
      : isolate_(isolate),
        shared_(ArrayBuffer::NewBackingStore(isolate, hitless::SHARED_BYTES)),
        watcher_(shared_->Data(), [](void* data) { static_cast<Watch*>(data)->ask(); }, this) {}

  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  std::shared_ptr<BackingStore> shared() const { return shared_; }

  /**
   * `run(ms, body, after, before)`: undefined when the body returned, or the stack where it was cut. `ms` are those until the deadline. With `after`, what is queued after
   * it is a part of it; with `before`, what is queued already is done first.
   */
  void run(const FunctionCallbackInfo<Value>& info) {
    const Local<Context> context = isolate_->GetCurrentContext();
    if (info[3]->IsTrue()) doWhatIsLeft(context);
    const int32_t ownAround = watcher_.load(hitless::OWN);
    const int32_t struckAround = watcher_.load(hitless::STRUCK);
    watcher_.store(hitless::STRUCK, 0);
    const Watcher::Frame around = watcher_.enter(info[0].As<Number>()->Value());
    bool cut;
    {
      TryCatch caught(isolate_);
      const bool threw = info[1].As<Function>()->Call(context, v8::Undefined(isolate_), 0, nullptr).IsEmpty();
      const bool terminated = caught.HasTerminated() || (info[2]->IsTrue() && endedIn(context));
      const bool fired = watcher_.fired();
      cut = fired && terminated;
      watcher_.leave(around);
      watcher_.store(hitless::OWN, ownAround);
      watcher_.store(hitless::STRUCK, struckAround);
      // Also where the body has returned since: nothing else may be terminated for it.
      if (fired) isolate_->CancelTerminateExecution();
      // Somebody else ends the environment.
      else if (terminated) isolate_->TerminateExecution();
      if (cut) {
        caught.Reset();
      } else if (threw) {
        caught.ReThrow();
        return;
      }
    }
    if (!cut) return;
    info.GetReturnValue().Set(
        String::NewFromUtf8(isolate_, stack_.c_str()).FromMaybe(String::Empty(isolate_)));
  }

  /** `finish()`: does what module code has left so far; true when that did not return: the frame ends at the next loop's end. */
  void finish(const FunctionCallbackInfo<Value>& info) {
    TryCatch caught(isolate_);
    doWhatIsLeft(isolate_->GetCurrentContext());
    if (!caught.HasTerminated()) return;
    caught.Reset();
    isolate_->TerminateExecution();
    info.GetReturnValue().Set(true);
  }

 private:
  void doWhatIsLeft(Local<Context> context) { context->GetMicrotaskQueue()->PerformCheckpoint(isolate_); }

  /** Does what the body has left, with a time of its own where the runtime's own code ran last. True when it was ended. */
  bool endedIn(Local<Context> context) {
    TryCatch caught(isolate_);
    if (watcher_.load(hitless::OWN) > 0) {
      watcher_.next();
      watcher_.store(hitless::OWN, 0);
    }
    doWhatIsLeft(context);
    return caught.HasTerminated();
  }

  /** On the watching thread. */
  void ask() {
    isolate_->RequestInterrupt([](Isolate*, void* data) { static_cast<Watch*>(data)->interrupt(); }, this);
  }

  /** V8 calls it between two instructions of the JavaScript that runs. */
  void interrupt() {
    if (!watcher_.strikes()) return;
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

  Isolate* const isolate_;
  const std::shared_ptr<BackingStore> shared_;
  std::string stack_;
  Watcher watcher_;
};

template <void (Watch::*method)(const FunctionCallbackInfo<Value>&)>
void call(const FunctionCallbackInfo<Value>& info) {
  (static_cast<Watch*>(info.Data().As<External>()->Value())->*method)(info);
}

void watchHeap(const FunctionCallbackInfo<Value>& info) {
  static_cast<hitless::HeapEnd*>(info.Data().As<External>()->Value())->begin();
}

void heapHeld(const FunctionCallbackInfo<Value>& info) {
  info.GetReturnValue().Set(static_cast<hitless::HeapEnd*>(info.Data().As<External>()->Value())->held());
}

}  // namespace

NODE_MODULE_INIT() {
  Isolate* const isolate = Isolate::GetCurrent();
  Watch* const watch = new Watch(isolate);
  node::AddEnvironmentCleanupHook(isolate, [](void* data) { delete static_cast<Watch*>(data); }, watch);
  const Local<ArrayBuffer> shared = ArrayBuffer::New(isolate, watch->shared());
  const Local<External> data = External::New(isolate, watch);
  const auto put = [&](const char* name, Local<Value> value) {
    exports.As<Object>()->Set(context, String::NewFromUtf8(isolate, name).ToLocalChecked(), value).Check();
  };
  put("words", Int32Array::New(shared, 0, hitless::WORDS));
  put("limit", Float64Array::New(shared, hitless::LIMIT_AT, 1));
  put("run", Function::New(context, call<&Watch::run>, data).ToLocalChecked());
  put("finish", Function::New(context, call<&Watch::finish>, data).ToLocalChecked());
  double* const callLimit =
      reinterpret_cast<double*>(static_cast<char*>(watch->shared()->Data()) + hitless::LIMIT_AT);
  hitless::HeapEnd* const heap = new hitless::HeapEnd(isolate, callLimit);
  node::AddEnvironmentCleanupHook(isolate, [](void* data) { delete static_cast<hitless::HeapEnd*>(data); }, heap);
  put("heapEnds", Float64Array::New(ArrayBuffer::New(isolate, heap->shared()), 0, 1));
  put("watchHeap", Function::New(context, watchHeap, External::New(isolate, heap)).ToLocalChecked());
  put("heapHeld", Function::New(context, heapHeld, External::New(isolate, heap)).ToLocalChecked());
}
