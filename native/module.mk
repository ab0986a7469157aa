# Builds and runs the tests of one module: MODULE=cache or MODULE=router, with native/ as working folder. The Makefile says
# what there is to run. A module has its headers, sources if it is not of headers alone, test/, fuzz/ and bench/; what is
# built lies in its out/.
CXX ?= g++
CLANG ?= clang++-14
OUT := $(MODULE)/out
COMMON := -std=c++20 -fno-exceptions -fno-rtti -Wall -Wextra -Werror -g -pthread
SOURCES := $(wildcard $(MODULE)/*.cc)
TESTS := $(wildcard $(MODULE)/test/*.cc)
HEADERS := $(wildcard $(MODULE)/*.h $(MODULE)/include/*.h $(MODULE)/test/*.h test/*.h)
LIBRARIES :=
ifdef JEMALLOC
OUT := $(MODULE)/out/jemalloc
COMMON += -DCATZ_JEMALLOC -isystem $(JEMALLOC)/include
LIBRARIES := $(JEMALLOC)/lib/libjemalloc_pic.a
endif
CORPUS := $(MODULE)/fuzz/corpus
FUZZERS := $(patsubst $(MODULE)/fuzz/%_fuzz.cc,%,$(wildcard $(MODULE)/fuzz/*_fuzz.cc))
FUZZ_EACH ?= 30
SECONDS ?= 60
DEATHS ?= 2000

UNIT := -O2
ASAN := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
TSAN := -O1 -fsanitize=thread -fno-omit-frame-pointer -Wno-tsan

# $(call objects,flavour)
objects = $(patsubst %.cc,$(OUT)/$(1)/%.o,$(SOURCES) $(TESTS))

.PHONY: unit asan tsan soak crash fuzz thread-safety churn bench clean
unit: $(OUT)/unit/run
	$<
asan: $(OUT)/asan/run
	CATZ_OPERATIONS=60000 CATZ_DEATHS=4 CATZ_DAMAGE=60 $<
tsan: $(OUT)/tsan/run
	CATZ_OPERATIONS=20000 CATZ_ROUNDS=20000 CATZ_DEATHS=20 CATZ_DAMAGE=20 $<
soak: $(OUT)/unit/run
	CATZ_SECONDS=$(SECONDS) $< soak
crash: $(OUT)/unit/run
	CATZ_DEATHS=$(DEATHS) $< "killed at any"

$(OUT)/unit/%.o: %.cc $(HEADERS)
	@mkdir -p $(@D)
	$(CXX) $(COMMON) $(UNIT) -c $< -o $@
$(OUT)/asan/%.o: %.cc $(HEADERS)
	@mkdir -p $(@D)
	$(CXX) $(COMMON) $(ASAN) -c $< -o $@
$(OUT)/tsan/%.o: %.cc $(HEADERS)
	@mkdir -p $(@D)
	$(CXX) $(COMMON) $(TSAN) -c $< -o $@
$(OUT)/unit/run: $(call objects,unit)
	$(CXX) $(COMMON) $(UNIT) $^ $(LIBRARIES) -o $@
$(OUT)/asan/run: $(call objects,asan)
	$(CXX) $(COMMON) $(ASAN) $^ -o $@
$(OUT)/tsan/run: $(call objects,tsan)
	$(CXX) $(COMMON) $(TSAN) $^ -o $@

$(OUT)/fuzz/%: $(MODULE)/fuzz/%_fuzz.cc $(SOURCES) $(HEADERS)
	@mkdir -p $(@D)
	$(CLANG) $(COMMON) -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	  $(SOURCES) $< -o $@
fuzz: $(FUZZERS:%=$(OUT)/fuzz/%)
	for name in $(FUZZERS); do \
	  mkdir -p $(OUT)/fuzz/found/$$name && \
	  $(OUT)/fuzz/$$name -max_total_time=$(FUZZ_EACH) -max_len=8192 -timeout=20 \
	    -print_final_stats=1 -artifact_prefix=$(OUT)/fuzz/ $(OUT)/fuzz/found/$$name \
	    $(CORPUS)/$$name || exit 1; done

# Of a module of headers alone the tests are read: they include all of it.
thread-safety:
	for source in $(or $(SOURCES),$(TESTS)); do \
	  $(CLANG) $(COMMON) -O1 -Wthread-safety -fsyntax-only $$source || exit 1; done

churn: $(OUT)/churn
$(OUT)/churn: $(SOURCES) $(HEADERS) $(MODULE)/bench/churn.cc $(MODULE)/bench/table.h $(LIBRARIES)
	@mkdir -p $(@D)
	$(CXX) $(COMMON) -O3 -DNDEBUG $(SOURCES) $(MODULE)/bench/churn.cc $(LIBRARIES) -o $@

bench: $(OUT)/bench
$(OUT)/bench: $(SOURCES) $(HEADERS) $(MODULE)/bench/match.cc
	@mkdir -p $(@D)
	$(CXX) $(COMMON) -O3 -DNDEBUG $(SOURCES) $(MODULE)/bench/match.cc -o $@

clean:
	rm -rf $(OUT)
