/**
 * The end of the heap (runtime/services/heap-watch.ts). V8 ends the process when its heap is full. Before that it asks whether
 * the limit may be raised. It may, by as much as is needed to cut the call that runs: that call is left no CPU time, and the
 * watching thread does the rest. JavaScript sees from a counter that it happened.
 */
#pragma once

#include <v8.h>

#include <algorithm>
#include <cstddef>
#include <memory>

namespace hitless {

class HeapEnd {
 public:
  /** @param limit CPU time in ms that the call which runs may use, read by the watching thread */
  HeapEnd(v8::Isolate* isolate, double* limit)
      : isolate_(isolate), limit_(limit), shared_(v8::ArrayBuffer::NewBackingStore(isolate, sizeof(double))) {}

  ~HeapEnd() {
    if (begun_) isolate_->RemoveNearHeapLimitCallback(onNearLimit, 0);
  }

  HeapEnd(const HeapEnd&) = delete;
  HeapEnd& operator=(const HeapEnd&) = delete;

  /** How often the end was near, a double. */
  std::shared_ptr<v8::BackingStore> shared() const { return shared_; }

  void begin() {
    if (begun_) return;
    begun_ = true;
    isolate_->AddNearHeapLimitCallback(onNearLimit, this);
    // What was raised is taken back when less than half of the heap is used.
    isolate_->AutomaticallyRestoreInitialHeapLimit(0.5);
  }

 private:
  static constexpr size_t MEGABYTE = size_t(1) << 20;
  static constexpr size_t LEAST_RAISE = 32 * MEGABYTE;
  /** So often above the limit that the process was started with; then V8 ends it. */
  static constexpr size_t MOST_RAISES = 4;

  /** Called within the collector: nothing may be allocated here. */
  static size_t onNearLimit(void* data, size_t current, size_t initial) {
    HeapEnd* const self = static_cast<HeapEnd*>(data);
    const size_t raise = std::max(LEAST_RAISE, initial / 8);
    if (current >= initial + MOST_RAISES * raise) return current;
    double none = 0;
    __atomic_store(self->limit_, &none, __ATOMIC_RELEASE);
    *static_cast<double*>(self->shared_->Data()) += 1;
    return current + raise;
  }

  v8::Isolate* const isolate_;
  double* const limit_;
  const std::shared_ptr<v8::BackingStore> shared_;
  bool begun_ = false;
};

}  // namespace hitless
