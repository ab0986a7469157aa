// Tables for the tests of slots: each tells in its routes and plans which generation it is.
#ifndef CATZILLA_ROUTER_TEST_TABLES_H_
#define CATZILLA_ROUTER_TEST_TABLES_H_

#include "../table.h"
#include "routes.h"

namespace catzilla_test {

using catz::router::Table;

inline constexpr uint32_t kShifts = 7;

// Images in which the routes of two generations that follow each other have other numbers.
class Shifted {
 public:
  Shifted() {
    for (uint32_t shift = 0; shift < kShifts; shift++) {
      Builder builder;
      for (uint32_t i = 0; i < shift; i++) builder.Add("/a" + std::to_string(i));
      builder.Add("/t/:p");
      images_[shift] = builder.Build();
    }
  }

  // "GET /t/:p" is route ShiftOf(generation), and its plan has the generation for a body.
  std::unique_ptr<Table> Make(uint32_t generation) const {
    std::unique_ptr<Table> table = Table::Make(generation, 1);
    std::optional<Trie> trie = Trie::Load(images_[ShiftOf(generation)]);
    if (table == nullptr || !trie.has_value() || !table->AddMethod("GET", std::move(*trie)) ||
        !table->AddPlan(ShiftOf(generation), 200, "head", std::to_string(generation), "")) {
      std::abort();
    }
    return table;
  }

  static uint32_t ShiftOf(uint32_t generation) { return generation % kShifts; }

 private:
  Image images_[kShifts];
};

inline std::string_view TextOf(const uint8_t* bytes, uint32_t length) {
  return {reinterpret_cast<const char*>(bytes), length};
}

// Whether all that a table says is of one generation.
inline bool IsWhole(const Table& table) {
  Match match;
  table.Find("GET", "/t/x?y", &match);
  if (match.verdict != Verdict::kHit || match.route != Shifted::ShiftOf(table.generation()))
    return false;
  if (match.param_count != 1 || match.params[0].begin != 3 || match.params[0].end != 4)
    return false;
  const catz_router_plan* const plan = table.Plan(match.route);
  return plan != nullptr && plan->status == 200 &&
         TextOf(plan->head, plan->head_length) == "head" &&
         TextOf(plan->body, plan->body_length) == std::to_string(table.generation());
}

}  // namespace catzilla_test

#endif  // CATZILLA_ROUTER_TEST_TABLES_H_
