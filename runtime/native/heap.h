/**
 * The end of the heap (runtime/services/heap-watch.ts). V8 ends the process when its heap is full. Before that it asks whether
 * the limit may be raised. It may, by as much as is needed to cut the call that runs. That call is left no CPU time, and the
 * watching thread does the rest. JavaScript sees from a counter that it happened.
 *
 * Meanwhile V8 samples allocations with their stacks, and forgets those that are collected: what is left tells whose code
 * allocated what is still there.
 */
#pragma once

#include <v8.h>
#include <v8-profiler.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace hitless {

class HeapEnd {
 public:
  /** @param limit CPU time in ms that the call which runs may use, read by the watching thread */
  HeapEnd(v8::Isolate* isolate, double* limit)
      : isolate_(isolate), limit_(limit), shared_(v8::ArrayBuffer::NewBackingStore(isolate, sizeof(double))) {}

  ~HeapEnd() {
    if (!begun_) return;
    isolate_->GetHeapProfiler()->StopSamplingHeapProfiler();
    isolate_->RemoveNearHeapLimitCallback(onNearLimit, 0);
  }

  HeapEnd(const HeapEnd&) = delete;
  HeapEnd& operator=(const HeapEnd&) = delete;

  /** How often the end was near, a double. */
  std::shared_ptr<v8::BackingStore> shared() const { return shared_; }

  void begin() {
    if (begun_) return;
    begun_ = true;
    isolate_->AddNearHeapLimitCallback(onNearLimit, this);
    isolate_->GetHeapProfiler()->StartSamplingHeapProfiler(SAMPLED_BYTES, SAMPLED_FRAMES);
    // The raise is taken back when less than half of the heap is used.
    isolate_->AutomaticallyRestoreInitialHeapLimit(0.5);
  }

  /**
   * The samples of what is still there: for each stack, its bytes and the names of its scripts, the innermost first. Undefined
   * when somebody else has ended the sampling.
   */
  v8::Local<v8::Value> held() {
    const std::unique_ptr<v8::AllocationProfile> profile(isolate_->GetHeapProfiler()->GetAllocationProfile());
    if (profile == nullptr) return v8::Undefined(isolate_);
    std::vector<v8::Local<v8::Value>> rows;
    std::vector<v8::Local<v8::Value>> outer;
    collect(profile->GetRootNode(), outer, rows);
    return v8::Array::New(isolate_, rows.data(), rows.size());
  }

 private:
  using Node = v8::AllocationProfile::Node;

  /** Two samples in each MB or so: thousands of them in the largest heap, and no cost that shows. */
  static constexpr size_t SAMPLED_BYTES = size_t(256) << 10;
  static constexpr int SAMPLED_FRAMES = 32;
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

  /** @param outer names of the scripts around this node, the outermost first */
  void collect(const Node* node, std::vector<v8::Local<v8::Value>>& outer,
               std::vector<v8::Local<v8::Value>>& rows) {
    outer.push_back(node->script_name);
    double bytes = 0;
    for (const v8::AllocationProfile::Allocation& one : node->allocations)
      bytes += static_cast<double>(one.size) * one.count;
    if (bytes > 0) {
      std::vector<v8::Local<v8::Value>> row{v8::Number::New(isolate_, bytes)};
      row.insert(row.end(), outer.rbegin(), outer.rend());
      rows.push_back(v8::Array::New(isolate_, row.data(), row.size()));
    }
    for (const Node* const child : node->children) collect(child, outer, rows);
    outer.pop_back();
  }

  v8::Isolate* const isolate_;
  double* const limit_;
  const std::shared_ptr<v8::BackingStore> shared_;
  bool begun_ = false;
};

}  // namespace hitless
