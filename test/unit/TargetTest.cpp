//===- TargetTest.cpp - artefacts of hand-written modules -----------------===//
//
// Part of dlc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dl/IR/Dl.h"
#include "dlc/Runtime/Abi.h"
#include "dlc/Runtime/Math.h"
#include "dlc/Target/Artifact.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <set>

using namespace mlir;

namespace {

/// y = x + w over [N] floats, by a kernel, a weight and a counter of the runs.
constexpr const char *kAdd = R"mlir(
module attributes {dlc.model = {
    name = "add", producer = "test",
    inputs = [{name = "x", type = tensor<?x4xf32>, dims = ["N", ""]}],
    outputs = [{name = "y", type = tensor<?x4xf32>, dims = ["N", ""]}]}} {
  dl.global private @w : tensor<4xf32> = dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  dl.global mutable @runs : tensor<i64> = dense<40> : tensor<i64>
  llvm.func @dlc_rt_output(!llvm.ptr, i32, i32, !llvm.ptr) -> !llvm.ptr
  llvm.func @dlc_math_rsqrt_f32(f32) -> f32
  llvm.func internal @kernel(%call: !llvm.ptr, %x: !llvm.ptr, %w: !llvm.ptr, %y: !llvm.ptr, %n: i64)
      attributes {dlc.kernel} {
    %c0 = llvm.mlir.constant(0 : i64) : i64
    %c1 = llvm.mlir.constant(1 : i64) : i64
    %c3 = llvm.mlir.constant(3 : i64) : i64
    llvm.br ^head(%c0 : i64)
  ^head(%i: i64):
    %more = llvm.icmp "slt" %i, %n : i64
    llvm.cond_br %more, ^body, ^end
  ^body:
    %j = llvm.and %i, %c3 : i64
    %xp = llvm.getelementptr %x[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %wp = llvm.getelementptr %w[%j] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %yp = llvm.getelementptr %y[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %xv = llvm.load %xp : !llvm.ptr -> f32
    %wv = llvm.load %wp : !llvm.ptr -> f32
    %r0 = llvm.fmul %wv, %wv : f32
    %r1 = llvm.call @dlc_math_rsqrt_f32(%r0) : (f32) -> f32
    %r2 = llvm.fmul %r0, %r1 : f32
    %s = llvm.fadd %xv, %r2 : f32
    llvm.store %s, %yp : f32, !llvm.ptr
    %next = llvm.add %i, %c1 : i64
    llvm.br ^head(%next : i64)
  ^end:
    llvm.return
  }
  llvm.func @dlc_entry(%call: !llvm.ptr) -> i32 {
    %c0 = llvm.mlir.constant(0 : i32) : i32
    %c1 = llvm.mlir.constant(1 : i32) : i32
    %c2 = llvm.mlir.constant(2 : i32) : i32
    %c3 = llvm.mlir.constant(3 : i32) : i32
    %l1 = llvm.mlir.constant(1 : i64) : i64
    %l4 = llvm.mlir.constant(4 : i64) : i64
    %inputs = llvm.load %call : !llvm.ptr -> !llvm.ptr
    %wsp = llvm.getelementptr %call[1] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    %ws = llvm.load %wsp : !llvm.ptr -> !llvm.ptr
    %w = llvm.load %ws : !llvm.ptr -> !llvm.ptr
    %runsp = llvm.getelementptr %ws[1] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    %runs = llvm.load %runsp : !llvm.ptr -> !llvm.ptr
    %before = llvm.load %runs : !llvm.ptr -> i64
    %after = llvm.add %before, %l1 : i64
    llvm.store %after, %runs : i64, !llvm.ptr
    %x = llvm.load %inputs : !llvm.ptr -> !llvm.ptr
    %szp = llvm.getelementptr %inputs[1] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    %sz = llvm.load %szp : !llvm.ptr -> !llvm.ptr
    %n = llvm.load %sz : !llvm.ptr -> i64
    %count = llvm.mul %n, %l4 : i64
    %y = llvm.call @dlc_rt_output(%call, %c0, %c2, %sz) : (!llvm.ptr, i32, i32, !llvm.ptr) -> !llvm.ptr
    %null = llvm.mlir.zero : !llvm.ptr
    %bad = llvm.icmp "eq" %y, %null : !llvm.ptr
    llvm.cond_br %bad, ^fail, ^go
  ^fail:
    llvm.return %c1 : i32
  ^go:
    llvm.call @kernel(%call, %x, %w, %y, %count) : (!llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr, i64) -> ()
    llvm.return %c0 : i32
  }
}
)mlir";

class TargetTest : public ::testing::Test {
protected:
  TargetTest() {
    context.loadDialect<dlc::dl::DlDialect, LLVM::LLVMDialect>();
    EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("dlc-target-test", folder));
  }
  ~TargetTest() override { llvm::sys::fs::remove_directories(folder); }

  std::string path(StringRef name) { return (folder + "/" + name).str(); }

  LogicalResult emit(StringRef name, bool external = false, const char *text = kAdd) {
    auto module = parseSourceString<ModuleOp>(text, &context);
    if (!module)
      return failure();
    dlc::ArtifactOptions options;
    options.outputPath = path(name);
    options.externalWeights = external;
    return dlc::emitArtifact(*module, options);
  }

  const dlc_model_api *load(StringRef name) {
    void *library = dlopen(path(name).c_str(), RTLD_NOW | RTLD_LOCAL);
    EXPECT_TRUE(library) << dlerror();
    if (!library)
      return nullptr;
    auto getter = reinterpret_cast<dlc_model_fn>(dlsym(library, "dlc_model"));
    EXPECT_TRUE(getter);
    return getter();
  }

  MLIRContext context;
  SmallString<128> folder;
};

struct Tensor : DLTensor {
  Tensor(float *values, int64_t rows, int64_t columns) : sizes{rows, columns} {
    std::memset(static_cast<DLTensor *>(this), 0, sizeof(DLTensor));
    data = values;
    device.device_type = kDLCPU;
    ndim = 2;
    dtype = {2, 32, 1};
    shape = sizes;
  }
  int64_t sizes[2];
};

void expectRuns(const dlc_model_api *model) {
  float x[8] = {1, 1, 1, 1, 10, 20, 30, 40}, y[8] = {};
  Tensor in(x, 2, 4), out(y, 2, 4);
  const DLTensor *inputs[] = {&in};
  DLTensor *outputs[] = {&out};
  ASSERT_EQ(model->run(nullptr, inputs, outputs), DLC_OK) << model->last_error();
  float expected[8] = {2, 3, 4, 5, 11, 22, 33, 44};
  for (int i = 0; i < 8; ++i)
    EXPECT_FLOAT_EQ(y[i], expected[i]);
}

TEST_F(TargetTest, RunsWithEmbeddedWeights) {
  ASSERT_TRUE(succeeded(emit("add.so")));
  const dlc_model_api *model = load("add.so");
  ASSERT_TRUE(model);
  EXPECT_STREQ(model->name, "add");
  EXPECT_EQ(model->num_inputs, 1);
  expectRuns(model);
  uint64_t size = 0;
  ASSERT_FALSE(llvm::sys::fs::file_size(path("add.so"), size));
  EXPECT_LE(size, 50u * 1024);
  RecordProperty("bytes", size);
  EXPECT_NE(std::strstr(model->describe(), "\"shape\":[\"N\",4]"), nullptr) << model->describe();
}

TEST_F(TargetTest, RefusesWithASentence) {
  ASSERT_TRUE(succeeded(emit("add.so")));
  const dlc_model_api *model = load("add.so");
  ASSERT_TRUE(model);
  float x[6] = {}, y[8] = {};
  Tensor in(x, 2, 3), out(y, 2, 4);
  const DLTensor *inputs[] = {&in};
  DLTensor *outputs[] = {&out};
  EXPECT_EQ(model->run(nullptr, inputs, outputs), DLC_INVALID_ARGUMENT);
  EXPECT_STREQ(model->last_error(),
               "add: input 'x' should be float32[N,4], but is given as float32[2,3]");
}

TEST_F(TargetTest, RunsWithExternalWeights) {
  ASSERT_TRUE(succeeded(emit("add.so", /*external=*/true)));
  const dlc_model_api *model = load("add.so");
  ASSERT_TRUE(model);
  expectRuns(model);
}

TEST_F(TargetTest, RefusesOtherWeights) {
  ASSERT_TRUE(succeeded(emit("add.so", /*external=*/true)));
  int fd = ::open(path("add.safetensors").c_str(), O_WRONLY);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(::pwrite(fd, "x", 1, 40), 1);
  ::close(fd);
  const dlc_model_api *model = load("add.so");
  ASSERT_TRUE(model);
  EXPECT_EQ(model->run(nullptr, nullptr, nullptr), DLC_INVALID_ARGUMENT);
  dlc_context *made = nullptr;
  EXPECT_EQ(model->create(nullptr, &made), DLC_IO_ERROR);
  EXPECT_EQ(made, nullptr);
  EXPECT_NE(std::strstr(model->last_error(), "don't belong to this model"), nullptr);
}

TEST_F(TargetTest, DependsOnLibcAloneAndExportsTheAbiAlone) {
  ASSERT_TRUE(succeeded(emit("add.so")));
  auto file = llvm::object::ObjectFile::createObjectFile(path("add.so"));
  ASSERT_TRUE(bool(file));
  auto *elf = llvm::cast<llvm::object::ELF64LEObjectFile>(file->getBinary());
  std::set<std::string> exported;
  for (llvm::object::ELFSymbolRef symbol : elf->getDynamicSymbolIterators())
    if (!(llvm::cantFail(symbol.getFlags()) & llvm::object::SymbolRef::SF_Undefined))
      exported.insert(llvm::cantFail(symbol.getName()).str());
  EXPECT_EQ(exported, (std::set<std::string>{
                          "add_arena_size", "add_call", "add_create", "add_describe", "add_destroy",
                          "add_last_error", "add_load", "add_release", "add_reset", "add_run",
                          "add_run_with", "add_save", "add_set_threads", "add_state", "dlc_model"}));
  auto dynamic = llvm::cantFail(elf->getELFFile().dynamicEntries());
  StringRef strings;
  for (const llvm::object::SectionRef &section : elf->sections())
    if (llvm::cantFail(section.getName()) == ".dynstr")
      strings = llvm::cantFail(section.getContents());
  for (const auto &entry : dynamic)
    if (entry.d_tag == llvm::ELF::DT_NEEDED) {
      StringRef name = strings.drop_front(entry.d_un.d_val).split('\0').first;
      EXPECT_TRUE(name == "libc.so.6" || name == "libm.so.6") << name.str();
    }
}

TEST_F(TargetTest, WritesAHeaderForCAndCxx) {
  ASSERT_TRUE(succeeded(emit("add.so")));
  std::string use = "#include \"" + path("add.h") + "\"\n" + R"(
int main(void) {
  float values[8] = {0};
  int64_t shape[ADD_NUM_INPUTS * 2] = {2, 4};
  DLTensor x = add_input_x(values, shape), y = add_output_y(values, shape);
  const DLTensor *inputs[ADD_NUM_INPUTS];
  DLTensor *outputs[ADD_NUM_OUTPUTS];
  inputs[ADD_INPUT_X] = &x;
  outputs[ADD_OUTPUT_Y] = &y;
  return add_run(inputs, outputs) == DLC_OK;
}
)";
  for (StringRef name : {"use.c", "use.cpp"}) {
    std::error_code error;
    llvm::raw_fd_ostream(path(name), error) << use;
    std::string command = std::string(name == "use.c" ? DLC_TEST_CC " -std=c99" : DLC_TEST_CXX) +
                          " -Wall -Wextra -Werror -pedantic -fsyntax-only " + path(name);
    EXPECT_EQ(std::system(command.c_str()), 0) << name.str();
  }
}

TEST_F(TargetTest, IsReproducible) {
  ASSERT_TRUE(succeeded(emit("add.so")));
  auto first = llvm::MemoryBuffer::getFile(path("add.so"));
  ASSERT_TRUE(succeeded(emit("add.so")));
  auto second = llvm::MemoryBuffer::getFile(path("add.so"));
  ASSERT_TRUE(first && second);
  EXPECT_TRUE((*first)->getBuffer() == (*second)->getBuffer());
}

/// A module large enough to be compiled in parts: kernels that add 1 to x[0] many
/// times over, calling a helper and reading a constant that they share.
static std::string makeLargeModule() {
  std::string text = R"mlir(
module attributes {dlc.model = {name = "large",
    inputs = [{name = "x", type = tensor<4xf32>}], outputs = [{name = "y", type = tensor<4xf32>}]}} {
  llvm.mlir.global internal constant @one(1.0 : f32) : f32
  llvm.func @dlc_rt_output(!llvm.ptr, i32, i32, !llvm.ptr) -> !llvm.ptr
  llvm.func internal @add_one(%v: f32) -> f32 {
    %p = llvm.mlir.addressof @one : !llvm.ptr
    %c = llvm.load %p : !llvm.ptr -> f32
    %r = llvm.fadd %v, %c : f32
    llvm.return %r : f32
  }
)mlir";
  std::string calls;
  for (int k = 0; k < 5; ++k) {
    std::string number = std::to_string(k);
    text += "  llvm.func internal @kernel_" + number +
            "(%x: !llvm.ptr) attributes {dlc.kernel} {\n    %v0 = llvm.load %x : !llvm.ptr -> f32\n";
    int count = 700 + 100 * k;
    for (int i = 0; i < count; ++i)
      text += "    %v" + std::to_string(i + 1) + " = llvm.call @add_one(%v" + std::to_string(i) +
              ") : (f32) -> f32\n";
    text += "    llvm.store %v" + std::to_string(count) + ", %x : f32, !llvm.ptr\n    llvm.return\n  }\n";
    calls += "    llvm.call @kernel_" + number + "(%y) : (!llvm.ptr) -> ()\n";
  }
  return text + R"mlir(
  llvm.func @dlc_entry(%call: !llvm.ptr) -> i32 {
    %c0 = llvm.mlir.constant(0 : i32) : i32
    %c1 = llvm.mlir.constant(1 : i32) : i32
    %inputs = llvm.load %call : !llvm.ptr -> !llvm.ptr
    %x = llvm.load %inputs : !llvm.ptr -> !llvm.ptr
    %szp = llvm.getelementptr %inputs[1] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
    %sz = llvm.load %szp : !llvm.ptr -> !llvm.ptr
    %y = llvm.call @dlc_rt_output(%call, %c0, %c1, %sz) : (!llvm.ptr, i32, i32, !llvm.ptr) -> !llvm.ptr
    %v = llvm.load %x : !llvm.ptr -> f32
    llvm.store %v, %y : f32, !llvm.ptr
)mlir" + calls + "    llvm.return %c0 : i32\n  }\n}\n";
}

TEST_F(TargetTest, CompilesInParts) {
  std::string text = makeLargeModule();
  std::string first;
  for (unsigned threads : {1u, 2u}) {
    auto module = parseSourceString<ModuleOp>(text, &context);
    ASSERT_TRUE(module);
    dlc::ArtifactOptions options;
    options.outputPath = path("large.so");
    options.numThreads = threads;
    ASSERT_TRUE(succeeded(dlc::emitArtifact(*module, options)));
    auto bytes = llvm::MemoryBuffer::getFile(path("large.so"));
    ASSERT_TRUE(bytes);
    if (first.empty())
      first = (*bytes)->getBuffer().str();
    EXPECT_TRUE(first == (*bytes)->getBuffer()) << "the threads change the result";
  }
  const dlc_model_api *model = load("large.so");
  ASSERT_TRUE(model);
  float x[4] = {0.5f}, y[4] = {};
  Tensor in(x, 4, 0), out(y, 4, 0);
  in.ndim = out.ndim = 1;
  const DLTensor *inputs[] = {&in};
  DLTensor *outputs[] = {&out};
  ASSERT_EQ(model->run(nullptr, inputs, outputs), DLC_OK) << model->last_error();
  EXPECT_EQ(y[0], 0.5f + 5 * 700 + 1000);
}

/// y[i] = fn(x[i]) as a kernel, in text.
static std::string makeLoop(StringRef fn, StringRef type) {
  const char *text = R"mlir(
  llvm.func @dlc_math_FN_TYPE(TYPE) -> TYPE
  llvm.func @loop_FN_TYPE(%x: !llvm.ptr {llvm.noalias}, %y: !llvm.ptr {llvm.noalias}, %n: i64)
      attributes {dlc.kernel} {
    %c0 = llvm.mlir.constant(0 : i64) : i64
    %c1 = llvm.mlir.constant(1 : i64) : i64
    llvm.br ^head(%c0 : i64)
  ^head(%i: i64):
    %more = llvm.icmp "slt" %i, %n : i64
    llvm.cond_br %more, ^body, ^end
  ^body:
    %xp = llvm.getelementptr %x[%i] : (!llvm.ptr, i64) -> !llvm.ptr, TYPE
    %yp = llvm.getelementptr %y[%i] : (!llvm.ptr, i64) -> !llvm.ptr, TYPE
    %v = llvm.load %xp : !llvm.ptr -> TYPE
    %r = llvm.call @dlc_math_FN_TYPE(%v) : (TYPE) -> TYPE
    llvm.store %r, %yp : TYPE, !llvm.ptr
    %next = llvm.add %i, %c1 : i64
    llvm.br ^head(%next : i64)
  ^end:
    llvm.return
  }
)mlir";
  std::string result = text;
  for (auto [from, to] : {std::pair<StringRef, StringRef>{"FN", fn}, {"TYPE", type}})
    for (size_t at; (at = result.find(from.str())) != std::string::npos;)
      result.replace(at, from.size(), to.str());
  return result;
}

TEST_F(TargetTest, MathematicsVectorises) {
#define NAME(name) #name,
  for (StringRef fn : {DLC_MATH_UNARY(NAME)}) {
    // Mostly divisions, which the cost model finds as cheap one by one.
    if (fn == "lgamma" || fn == "digamma")
      continue;
    std::string text = "module attributes {dlc.model = {name = \"m\", inputs = [], outputs = []}} {\n"
                       "  llvm.func @dlc_entry(%call: !llvm.ptr) -> i32 {\n"
                       "    %0 = llvm.mlir.constant(0 : i32) : i32\n    llvm.return %0 : i32\n  }\n";
    text += makeLoop(fn, "f32") + makeLoop(fn, "f64") + "}";
    auto module = parseSourceString<ModuleOp>(text, &context);
    ASSERT_TRUE(module);
    dlc::ArtifactOptions options;
    options.outputPath = path("m.ll");
    options.emit = dlc::EmitKind::OptimizedLLVMIR;
    options.target.cpu = "x86-64-v4";
    ASSERT_TRUE(succeeded(dlc::emitArtifact(*module, options)));
    auto code = llvm::MemoryBuffer::getFile(path("m.ll"));
    ASSERT_TRUE(code);
    for (auto [type, stored] : {std::pair("f32", "x float>"), {"f64", "x double>"}}) {
      auto [before, rest] = (*code)->getBuffer().split(("@loop_" + Twine(fn) + "_" + type).str());
      StringRef body = rest.split("\n}\n").first;
      bool storesVectors = false;
      SmallVector<StringRef> lines;
      body.split(lines, '\n');
      for (StringRef line : lines)
        storesVectors |= line.contains("store <") && line.contains(stored);
      EXPECT_TRUE(storesVectors) << fn.str() << "_" << type;
    }
  }
}

TEST_F(TargetTest, NamesAnUnknownFunction) {
  std::string text = kAdd;
  size_t at;
  while ((at = text.find("dlc_math_rsqrt_f32")) != std::string::npos)
    text.replace(at, 18, "dlc_math_nosuch_f32");
  std::string message;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    message += diagnostic.str();
    return success();
  });
  EXPECT_TRUE(failed(emit("add.so", false, text.c_str())));
  EXPECT_NE(message.find("dlc_math_nosuch_f32"), std::string::npos) << message;
  EXPECT_FALSE(llvm::sys::fs::exists(path("add.so")));
}

} // namespace
