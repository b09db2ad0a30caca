// The two stores of variables: of one transaction, and of all.
#include <gtest/gtest.h>

#include <string>

#include "inspect/waf/engine/persistent_table.h"
#include "inspect/waf/engine/tx_store.h"

namespace gabion::inspect::waf::engine {
namespace {

using plan::SlotValue;
using seclang::Variable;
using Time = PersistentTable::Time;
using std::chrono::seconds;

TEST(TxStoreTest, NamesMadeAtRunTimeCompareWithoutCaseAndKeepTheirFirstSpelling) {
  TxStore store;
  store.begin({});
  store.set_named("Count_A", SlotValue::of(std::int64_t{1}));
  store.set_named("count_a", SlotValue::of(std::int64_t{2}));
  ASSERT_EQ(store.named().size(), 1U);
  EXPECT_EQ(store.named().front().name, "Count_A");
  ASSERT_NE(store.find("COUNT_A"), nullptr);
  EXPECT_EQ(store.find("COUNT_A")->number, 2);
  EXPECT_EQ(store.find("other"), nullptr);
}

TEST(TxStoreTest, IsBounded) {
  TxStore store;
  store.begin({});
  std::vector<std::string> names;
  for (std::size_t i = 0; i < TxStore::kMostNamed + 3; ++i) {
    names.push_back("n" + std::to_string(i));
  }
  for (const auto& name : names) {
    store.set_named(name, SlotValue::of(std::int64_t{1}));
  }
  EXPECT_EQ(store.named().size(), TxStore::kMostNamed);
  EXPECT_EQ(store.dropped(), 3U);
}

const Time kStart{seconds{1000}};

TEST(PersistentTableTest, VariablesExpire) {
  PersistentTable table(seconds{100});
  table.set(Variable::kIp, "a", "n", "1", kStart);
  table.expire(Variable::kIp, "a", "n", kStart + seconds{10});
  EXPECT_EQ(table.find(Variable::kIp, "a", "N", kStart + seconds{9}), "1");
  EXPECT_FALSE(table.find(Variable::kIp, "a", "n", kStart + seconds{10}));
  table.set(Variable::kIp, "a", "n", "2", kStart + seconds{20});
  EXPECT_EQ(table.find(Variable::kIp, "a", "n", kStart + seconds{30}), "2");
}

TEST(PersistentTableTest, RecordsWithoutAChangeAreForgotten) {
  PersistentTable table(seconds{100});
  table.set(Variable::kIp, "a", "n", "1", kStart);
  EXPECT_FALSE(table.find(Variable::kIp, "a", "n", kStart + seconds{100}));
}

TEST(PersistentTableTest, CollectionsAndKeysAreApart) {
  PersistentTable table;
  table.set(Variable::kIp, "a", "n", "1", kStart);
  EXPECT_FALSE(table.find(Variable::kGlobal, "a", "n", kStart));
  EXPECT_FALSE(table.find(Variable::kIp, "b", "n", kStart));
  table.unset(Variable::kIp, "a", "n");
  EXPECT_FALSE(table.find(Variable::kIp, "a", "n", kStart));
}

TEST(PersistentTableTest, TheRecordLongestUnusedLeavesFirst) {
  PersistentTable table;
  for (std::size_t i = 0; i < PersistentTable::kMostRecords + 1; ++i) {
    table.set(Variable::kIp, std::to_string(i), "n", "1", kStart + std::chrono::milliseconds{i});
  }
  EXPECT_EQ(table.size(), PersistentTable::kMostRecords);
  EXPECT_FALSE(table.find(Variable::kIp, "0", "n", kStart));
  EXPECT_TRUE(table.find(Variable::kIp, "1", "n", kStart));
}

}  // namespace
}  // namespace gabion::inspect::waf::engine
