// The engine as Node sees it: functions over engines and executables; long runs are made on a thread of their own.
#define NAPI_VERSION 8
#include <node_api.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <unordered_set>
#include <vector>

#include "../src/engine.h"

namespace {

using vaekit::DType;
using vaekit::Executable;
using vaekit::Kernels;
using vaekit::Problem;
using vaekit::RunRequest;
using vaekit::Threads;
using vaekit::VariableStore;

// Why a call cannot be answered; empty while it can. The first reason counts.
struct Refusal {
  std::string message;
  bool operator()(std::string reason) {
    if (message.empty()) message = std::move(reason);
    return false;
  }
};

struct Loaded;

// A run that is on its way.
struct Job {
  Loaded* loaded = nullptr;
  RunRequest request;
  Problem problem;
  napi_deferred deferred = nullptr;
  // Holds the executable and all arrays of the request.
  napi_ref held = nullptr;
};

// An engine, and the thread that makes its long runs. All but that thread's loop happens on the thread of JavaScript.
class Engine {
 public:
  static std::shared_ptr<Engine> open(napi_env env, int threads, const Kernels& kernels, Refusal& refuse);
  ~Engine() { close(); }

  bool isClosed() const { return threads_ == nullptr; }
  bool isAtWork() const { return job_ != nullptr; }
  // Ends a run that is on its way before its next step, and everything else.
  void close();
  // The promise of a run.
  napi_value start(napi_env env, std::unique_ptr<Job> job, Refusal& refuse);
  void cancel() { cancelled_ = true; }

  VariableStore& store() { return store_; }
  Threads& threads() { return *threads_; }
  const Kernels& kernels() const { return *kernels_; }
  std::unordered_set<Loaded*>& loaded() { return loaded_; }

 private:
  Engine() = default;
  static void onTeardown(void* engine);
  static void onDone(napi_env env, napi_value, void* engine, void* job);
  void work();
  void stopThread();

  napi_env env_ = nullptr;
  napi_threadsafe_function done_ = nullptr;
  VariableStore store_;
  std::unique_ptr<Threads> threads_;
  const Kernels* kernels_ = nullptr;
  std::unordered_set<Loaded*> loaded_;
  std::unique_ptr<Job> job_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable awake_;
  Job* next_ = nullptr;
  bool closing_ = false;
  std::atomic<bool> cancelled_{false};
};

// An executable, as long as neither it nor its engine was closed.
struct Loaded {
  std::shared_ptr<Engine> engine;
  std::unique_ptr<Executable> executable;

  ~Loaded() { engine->loaded().erase(this); }
};

std::shared_ptr<Engine> Engine::open(napi_env env, int threads, const Kernels& kernels, Refusal& refuse) {
  std::shared_ptr<Engine> engine(new Engine());
  napi_value name;
  // Made before the hook below: what is made last is torn down first, and the thread must be gone before its way back.
  if (napi_create_string_utf8(env, "vaekit engine", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, engine.get(), onDone,
                                      &engine->done_) != napi_ok ||
      napi_unref_threadsafe_function(env, engine->done_) != napi_ok ||
      napi_add_env_cleanup_hook(env, onTeardown, engine.get()) != napi_ok) {
    refuse("Node takes no more engines");
    return nullptr;
  }
  engine->env_ = env;
  engine->kernels_ = &kernels;
  engine->threads_ = std::make_unique<Threads>(threads);
  return engine;
}

void Engine::stopThread() {
  cancelled_ = true;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    closing_ = true;
  }
  awake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Engine::close() {
  if (isClosed()) return;
  stopThread();
  for (Loaded* each : loaded_) each->executable = nullptr;
  loaded_.clear();
  threads_ = nullptr;
  store_ = VariableStore();
  if (env_ != nullptr) {
    napi_remove_env_cleanup_hook(env_, onTeardown, this);
    napi_release_threadsafe_function(done_, napi_tsfn_abort);
  }
}

// The JavaScript around this engine ends, in the middle of a run perhaps.
void Engine::onTeardown(void* data) {
  Engine* engine = static_cast<Engine*>(data);
  engine->env_ = nullptr;
  engine->close();
}

napi_value Engine::start(napi_env env, std::unique_ptr<Job> job, Refusal& refuse) {
  if (!thread_.joinable()) {
    try {
      thread_ = std::thread([this] { work(); });
    } catch (const std::system_error& error) {
      refuse(std::string("the system gives the engine no thread: ") + error.what());
      return nullptr;
    }
  }
  napi_value promise = nullptr;
  if (napi_create_promise(env, &job->deferred, &promise) != napi_ok) {
    refuse("Node gives no promise");
    return nullptr;
  }
  // The process lives on while a run is on its way, and only then.
  napi_ref_threadsafe_function(env, done_);
  cancelled_ = false;
  job->request.cancelled = &cancelled_;
  job_ = std::move(job);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    next_ = job_.get();
  }
  awake_.notify_one();
  return promise;
}

void Engine::work() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    awake_.wait(lock, [this] { return next_ != nullptr || closing_; });
    if (closing_) return;
    Job* job = next_;
    next_ = nullptr;
    lock.unlock();
    job->problem = job->loaded->executable->run(job->request);
    napi_call_threadsafe_function(done_, job, napi_tsfn_nonblocking);
    lock.lock();
  }
}

napi_value errorOf(napi_env env, const std::string& message) {
  napi_value text = nullptr, error = nullptr;
  napi_create_string_utf8(env, message.data(), message.size(), &text);
  napi_create_error(env, nullptr, text, &error);
  return error;
}

void Engine::onDone(napi_env env, napi_value, void* context, void*) {
  // Without an environment the engine is closed, and its job with it.
  if (env == nullptr) return;
  Engine* engine = static_cast<Engine*>(context);
  const std::unique_ptr<Job> job = std::move(engine->job_);
  napi_unref_threadsafe_function(env, engine->done_);
  napi_delete_reference(env, job->held);
  if (job->problem.empty()) {
    napi_value nothing;
    napi_get_undefined(env, &nothing);
    napi_resolve_deferred(env, job->deferred, nothing);
  } else {
    napi_reject_deferred(env, job->deferred, errorOf(env, job->problem));
  }
}

// Elements of a typed array.
struct Elements {
  napi_typedarray_type type;
  size_t length;
  void* data;
  size_t bytes() const { return length * width(); }

 private:
  size_t width() const {
    switch (type) {
      case napi_int8_array:
      case napi_uint8_array:
      case napi_uint8_clamped_array:
        return 1;
      case napi_int16_array:
      case napi_uint16_array:
        return 2;
      case napi_float64_array:
      case napi_bigint64_array:
      case napi_biguint64_array:
        return 8;
      default:
        return 4;
    }
  }
};

napi_typedarray_type arrayOf(DType type) {
  switch (type) {
    case DType::float32:
      return napi_float32_array;
    case DType::int32:
      return napi_int32_array;
    default:
      return napi_uint8_array;
  }
}

constexpr napi_type_tag engineTag = {0x5fb2f2a4a1a44c1bULL, 0x9d7ac5f1f4f6a07eULL};
constexpr napi_type_tag loadedTag = {0x3ce6a1f6e5a84d40ULL, 0xb42a3f0c8d1f9b63ULL};

// The arguments of a call, each checked as it is read. After a refusal, `result` throws it.
class Call {
 public:
  Call(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = maxArguments;
    napi_get_cb_info(env, info, &count, arguments_, nullptr, nullptr);
  }

  napi_env env() const { return env_; }
  napi_value operator[](int i) const { return arguments_[i]; }
  Refusal refuse;
  bool refused() const { return !refuse.message.empty(); }

  napi_value result(napi_value value = nullptr) {
    if (!refused()) return value;
    bool isPending = false;
    if (napi_is_exception_pending(env_, &isPending) == napi_ok && !isPending)
      napi_throw_error(env_, nullptr, refuse.message.c_str());
    return nullptr;
  }
  void check(napi_status status) {
    if (status != napi_ok) refuse("Node could not make what the engine answers");
  }

  bool isUndefined(int i) const {
    napi_valuetype type;
    return napi_typeof(env_, arguments_[i], &type) == napi_ok && type == napi_undefined;
  }

  int64_t whole(int i, int64_t least, int64_t most, const char* what) {
    double value = 0;
    const bool isNumber = napi_get_value_double(env_, arguments_[i], &value) == napi_ok;
    if (isNumber && value >= static_cast<double>(least) && value <= static_cast<double>(most)) {
      const int64_t whole = static_cast<int64_t>(value);
      if (static_cast<double>(whole) == value) return whole;
    }
    refuse(std::string(what) + " is not a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return least;
  }

  std::string text(napi_value value, const char* what) {
    size_t length = 0;
    std::string text;
    if (napi_get_value_string_utf8(env_, value, nullptr, 0, &length) == napi_ok) {
      text.resize(length);
      if (napi_get_value_string_utf8(env_, value, text.data(), length + 1, &length) == napi_ok) return text;
    }
    refuse(std::string(what) + " is not a text");
    return text;
  }

  Elements elements(napi_value value, const char* what) {
    Elements elements{};
    bool isTyped = false;
    if (napi_is_typedarray(env_, value, &isTyped) != napi_ok || !isTyped ||
        napi_get_typedarray_info(env_, value, &elements.type, &elements.length, &elements.data, nullptr, nullptr) !=
            napi_ok)
      refuse(std::string(what) + " is not a typed array");
    return elements;
  }

  // The members of an array, `least` or more.
  std::vector<napi_value> list(int i, const char* what) {
    bool isArray = false;
    uint32_t length = 0;
    std::vector<napi_value> members;
    if (napi_is_array(env_, arguments_[i], &isArray) != napi_ok || !isArray ||
        napi_get_array_length(env_, arguments_[i], &length) != napi_ok) {
      refuse(std::string(what) + " are not an array");
      return members;
    }
    members.resize(length);
    for (uint32_t k = 0; k < length; k++) {
      if (napi_get_element(env_, arguments_[i], k, &members[k]) != napi_ok) {
        refuse(std::string(what) + " cannot be read");
        return members;
      }
    }
    return members;
  }

  Engine* engine() {
    const auto* held = wrapped<std::shared_ptr<Engine>>(engineTag, "the first argument is not an engine");
    if (held == nullptr) return nullptr;
    Engine* engine = held->get();
    if (engine->isClosed()) refuse("this engine has been disposed of");
    return refused() ? nullptr : engine;
  }
  std::shared_ptr<Engine> sharedEngine() {
    const auto* held = wrapped<std::shared_ptr<Engine>>(engineTag, "the first argument is not an engine");
    return held == nullptr ? nullptr : *held;
  }
  // An engine that does nothing at this moment.
  Engine* idleEngine() {
    Engine* found = engine();
    if (found != nullptr && found->isAtWork()) refuse("the engine is at work");
    return refused() ? nullptr : found;
  }
  Loaded* loaded() { return wrapped<Loaded>(loadedTag, "the first argument is not an executable"); }
  Loaded* idleLoaded() {
    Loaded* found = loaded();
    if (found == nullptr) return nullptr;
    if (found->executable == nullptr) refuse("run: this executable has been disposed of");
    else if (found->engine->isAtWork()) refuse("the engine is at work");
    return refused() ? nullptr : found;
  }

  // An object that holds `held`, and deletes it when it is collected.
  template <typename T>
  napi_value wrap(std::unique_ptr<T> held, const napi_type_tag& tag) {
    napi_value object = nullptr;
    const auto destroy = [](napi_env, void* data, void*) { delete static_cast<T*>(data); };
    if (napi_create_object(env_, &object) != napi_ok || napi_type_tag_object(env_, object, &tag) != napi_ok ||
        napi_wrap(env_, object, held.get(), destroy, nullptr, nullptr) != napi_ok) {
      check(napi_generic_failure);
      return nullptr;
    }
    held.release();
    return object;
  }

 private:
  static constexpr size_t maxArguments = 8;

  template <typename T>
  T* wrapped(const napi_type_tag& tag, const char* otherwise) {
    bool isOurs = false;
    void* data = nullptr;
    if (napi_check_object_type_tag(env_, arguments_[0], &tag, &isOurs) != napi_ok || !isOurs ||
        napi_unwrap(env_, arguments_[0], &data) != napi_ok) {
      refuse(otherwise);
      return nullptr;
    }
    return static_cast<T*>(data);
  }

  napi_env env_;
  napi_value arguments_[maxArguments] = {};
};

napi_value textOf(Call& call, const char* text) {
  napi_value value = nullptr;
  call.check(napi_create_string_utf8(call.env(), text, NAPI_AUTO_LENGTH, &value));
  return value;
}

// instructionSets(): names of those that this machine runs, the fastest first.
napi_value instructionSets(napi_env env, napi_callback_info info) {
  Call call(env, info);
  napi_value list = nullptr;
  call.check(napi_create_array(env, &list));
  int count = 0;
  const Kernels* const* all = vaekit::builtKernels(&count);
  uint32_t length = 0;
  for (int i = 0; i < count && !call.refused(); i++) {
    if (vaekit::canRun(*all[i])) call.check(napi_set_element(env, list, length++, textOf(call, all[i]->name)));
  }
  return call.result(list);
}

const Kernels* kernelsOf(Call& call, int argument) {
  if (call.isUndefined(argument)) return &vaekit::bestKernels();
  const std::string name = call.text(call[argument], "the instruction set");
  int count = 0;
  const Kernels* const* all = vaekit::builtKernels(&count);
  for (int i = 0; i < count; i++) {
    if (all[i]->name == name && vaekit::canRun(*all[i])) return all[i];
  }
  call.refuse("this machine has no instruction set '" + name + "'");
  return nullptr;
}

// openEngine(threads, instructionSet?)
napi_value openEngine(napi_env env, napi_callback_info info) {
  Call call(env, info);
  const int threads = static_cast<int>(call.whole(0, 1, vaekit::maxThreads, "threads"));
  const Kernels* kernels = kernelsOf(call, 1);
  if (call.refused()) return call.result();
  std::shared_ptr<Engine> engine = Engine::open(env, threads, *kernels, call.refuse);
  if (call.refused()) return call.result();
  return call.result(call.wrap(std::make_unique<std::shared_ptr<Engine>>(std::move(engine)), engineTag));
}

// describe(engine): { instructionSet, threads }
napi_value describe(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Engine* engine = call.engine();
  if (engine == nullptr) return call.result();
  napi_value answer = nullptr, threads = nullptr;
  call.check(napi_create_object(env, &answer));
  call.check(napi_create_int32(env, engine->threads().count(), &threads));
  call.check(napi_set_named_property(env, answer, "threads", threads));
  call.check(napi_set_named_property(env, answer, "instructionSet", textOf(call, engine->kernels().name)));
  return call.result(answer);
}

// write(engine, name, array): gives a variable the array's elements.
napi_value write(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Engine* engine = call.idleEngine();
  const std::string name = call.text(call[1], "the name of a variable");
  const Elements value = call.elements(call[2], "the value of a variable");
  if (!call.refused() && !engine->store().write(name, value.data, value.bytes()))
    call.refuse("there is no memory left for variable '" + name + "'");
  return call.result();
}

// read(engine, name, array): fills the array with a variable's elements.
napi_value read(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Engine* engine = call.idleEngine();
  const std::string name = call.text(call[1], "the name of a variable");
  const Elements value = call.elements(call[2], "what is read into");
  if (call.refused()) return call.result();
  const vaekit::VariableStore::Value* kept = engine->store().find(name);
  if (kept == nullptr || kept->bytes != value.bytes()) {
    call.refuse("there is no variable '" + name + "' of that size");
    return call.result();
  }
  if (value.length > 0) std::memcpy(value.data, kept->data, value.bytes());
  return call.result();
}

// load(engine, words, constants, variableNames): an executable.
napi_value load(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Engine* engine = call.idleEngine();
  const Elements words = call.elements(call[1], "the plan");
  const Elements constants = call.elements(call[2], "the constants");
  std::vector<std::string> names;
  for (napi_value name : call.list(3, "the names of the variables")) {
    names.push_back(call.text(name, "the name of a variable"));
    if (call.refused()) break;
  }
  if (words.type != napi_int32_array) call.refuse("the plan is not an Int32Array");
  if (constants.type != napi_uint8_array) call.refuse("the constants are not a Uint8Array");
  if (call.refused()) return call.result();
  auto loaded = std::make_unique<Loaded>();
  loaded->engine = call.sharedEngine();
  const Problem problem =
      Executable::create(static_cast<const int32_t*>(words.data), words.length, constants.data, constants.length,
                         std::move(names), engine->kernels(), engine->store(), engine->threads(), loaded->executable);
  if (!problem.empty()) {
    call.refuse(problem);
    return call.result();
  }
  engine->loaded().insert(loaded.get());
  return call.result(call.wrap(std::move(loaded), loadedTag));
}

// Arrays of what all steps take or give, as the plan's ports have it.
template <typename Pointer>
void bindArrays(Call& call, int argument, const char* what, const std::vector<vaekit::Port>& ports, int64_t steps,
                std::vector<Pointer>& pointers, std::vector<napi_value>& held) {
  const std::vector<napi_value> arrays = call.list(argument, what);
  if (!call.refused() && arrays.size() != ports.size())
    call.refuse(std::string(what) + " are not as many as the plan's");
  for (size_t i = 0; i < arrays.size() && !call.refused(); i++) {
    const Elements elements = call.elements(arrays[i], what);
    if (call.refused()) return;
    if (elements.type != arrayOf(ports[i].dtype) ||
        static_cast<int64_t>(elements.length) != ports[i].size * steps) {
      call.refuse(std::string(what) + " do not have the plan's types and sizes");
      return;
    }
    pointers.push_back(elements.data);
    held.push_back(arrays[i]);
  }
}

// An array of its own that holds these, so that they are not collected.
napi_ref hold(Call& call, const std::vector<napi_value>& values) {
  napi_value list = nullptr;
  napi_ref reference = nullptr;
  call.check(napi_create_array_with_length(call.env(), values.size(), &list));
  for (size_t i = 0; i < values.size() && !call.refused(); i++)
    call.check(napi_set_element(call.env(), list, static_cast<uint32_t>(i), values[i]));
  if (!call.refused()) call.check(napi_create_reference(call.env(), list, 1, &reference));
  return reference;
}

// run(executable, inputs, outputs, steps, firstStep, keyLow, keyHigh, isCancellable): undefined when it is done, or a
// promise of that. Only a run that is cancellable leaves the variables as they were when it is cancelled.
napi_value run(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Loaded* loaded = call.idleLoaded();
  const int64_t steps = call.whole(3, 1, INT32_MAX, "steps");
  const int64_t firstStep = call.whole(4, 0, INT32_MAX - steps + 1, "firstStep");
  const int64_t key[2] = {call.whole(5, 0, UINT32_MAX, "the key"), call.whole(6, 0, UINT32_MAX, "the key")};
  bool isCancellable = false;
  if (napi_get_value_bool(env, call[7], &isCancellable) != napi_ok)
    call.refuse("whether the run is cancellable is not a boolean");
  if (call.refused()) return call.result();
  auto job = std::make_unique<Job>();
  job->loaded = loaded;
  RunRequest& request = job->request;
  request.steps = steps;
  request.firstStep = static_cast<int32_t>(firstStep);
  request.key[0] = static_cast<uint32_t>(key[0]);
  request.key[1] = static_cast<uint32_t>(key[1]);
  request.restores = isCancellable;
  Executable& executable = *loaded->executable;
  std::vector<napi_value> held = {call[0]};
  bindArrays(call, 1, "inputs", executable.plan().inputs, steps, request.inputs, held);
  bindArrays(call, 2, "outputs", executable.plan().outputs, steps, request.outputs, held);
  if (call.refused()) return call.result();
  if (executable.isSmall(steps)) {
    const Problem problem = executable.run(request);
    if (!problem.empty()) call.refuse(problem);
    return call.result();
  }
  job->held = hold(call, held);
  if (call.refused()) return call.result();
  return call.result(loaded->engine->start(env, std::move(job), call.refuse));
}

// cancel(engine): ends the run that is on its way before its next step, if there is one.
napi_value cancel(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Engine* engine = call.engine();
  if (engine != nullptr) engine->cancel();
  return call.result();
}

// measure(executable, whether): from now on runs add up the time of each instruction, or do not.
napi_value measure(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Loaded* loaded = call.idleLoaded();
  bool isMeasured = false;
  if (napi_get_value_bool(env, call[1], &isMeasured) != napi_ok) call.refuse("whether to measure is not a boolean");
  if (!call.refused()) loaded->executable->setTimed(isMeasured);
  return call.result();
}

// A list of what an executable knows of each instruction.
template <typename Numbers>
napi_value listOf(napi_env env, napi_callback_info info, Numbers numbers) {
  Call call(env, info);
  Loaded* loaded = call.idleLoaded();
  if (loaded == nullptr) return call.result();
  const std::vector<int64_t> values = numbers(*loaded->executable);
  napi_value list = nullptr;
  call.check(napi_create_array_with_length(env, values.size(), &list));
  for (size_t i = 0; i < values.size() && !call.refused(); i++) {
    napi_value value = nullptr;
    call.check(napi_create_int64(env, values[i], &value));
    call.check(napi_set_element(env, list, static_cast<uint32_t>(i), value));
  }
  return call.result(list);
}

// nanoseconds(executable): those that each instruction took, in all measured runs.
napi_value nanoseconds(napi_env env, napi_callback_info info) {
  return listOf(env, info, [](const Executable& executable) { return executable.nanoseconds(); });
}

// loops(executable): those that the elementwise lines of each instruction have become.
napi_value loops(napi_env env, napi_callback_info info) {
  return listOf(env, info, [](const Executable& executable) { return executable.loops(); });
}

// release(executable): gives its memory back; once more does nothing.
napi_value release(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Loaded* loaded = call.loaded();
  if (loaded != nullptr && loaded->executable != nullptr && loaded->engine->isAtWork())
    call.refuse("the engine is at work");
  if (!call.refused()) loaded->executable = nullptr;
  return call.result();
}

// close(engine): ends its threads and gives back its memory and that of its executables; once more does nothing.
napi_value close(napi_env env, napi_callback_info info) {
  Call call(env, info);
  const std::shared_ptr<Engine> engine = call.sharedEngine();
  if (engine != nullptr && engine->isAtWork()) call.refuse("the engine is at work");
  if (!call.refused()) engine->close();
  return call.result();
}

#define VAEKIT_NAME(name) #name,
constexpr const char* codeOps[] = {VAEKIT_CODE_OPS(VAEKIT_NAME)};
#undef VAEKIT_NAME

struct Function {
  const char* name;
  napi_callback callback;
};
constexpr Function functions[] = {
    {"instructionSets", instructionSets},
    {"openEngine", openEngine},
    {"describe", describe},
    {"write", write},
    {"read", read},
    {"load", load},
    {"run", run},
    {"cancel", cancel},
    {"measure", measure},
    {"nanoseconds", nanoseconds},
    {"loops", loops},
    {"release", release},
    {"close", close},
};

}  // namespace

NAPI_MODULE_INIT() {
  for (const Function& each : functions) {
    napi_value function = nullptr;
    if (napi_create_function(env, each.name, NAPI_AUTO_LENGTH, each.callback, nullptr, &function) != napi_ok ||
        napi_set_named_property(env, exports, each.name, function) != napi_ok)
      return nullptr;
  }
  // Names of what elementwise code knows, in order: plans of other sources than these would mean something else.
  napi_value names = nullptr;
  if (napi_create_array(env, &names) != napi_ok) return nullptr;
  uint32_t length = 0;
  for (const char* each : codeOps) {
    napi_value name = nullptr;
    if (napi_create_string_utf8(env, each, NAPI_AUTO_LENGTH, &name) != napi_ok ||
        napi_set_element(env, names, length++, name) != napi_ok)
      return nullptr;
  }
  return napi_set_named_property(env, exports, "codeOps", names) == napi_ok ? exports : nullptr;
}
