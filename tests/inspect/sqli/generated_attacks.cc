// Slots times payloads times blanks times case times filler; payloads of MySQL, PostgreSQL, SQL Server, Oracle, SQLite.
#include "tests/inspect/sqli/generated_attacks.h"

#include <array>
#include <cctype>

namespace gabion::inspect::sqli {
namespace {

struct Exit {
  std::string_view before;
  std::string_view after;
  bool takes_filler;  ///< any text may stand in the slot before it is left
};

constexpr auto kExits = std::to_array<Exit>({
    {"1 ", "", false},
    {"-7 ", "-- ", false},
    {"1) ", "-- -", false},
    {"1)) ", "#", false},
    {"1*/ ", "/*", false},
    {"x' ", "-- ", true},
    {"x' ", " and 'a'='a", true},
    {"') ", "#", true},
    {"%' ", "--", true},
    {"x')) ", " and (('a' like 'a", true},
    {"x\" ", "-- x", true},
    {"\") ", " or (\"b\"=\"b", true},
    {"x` ", "#", true},
    {"x] ", "--", true},
});

struct Payload {
  std::string_view kind;
  std::string_view text;
};

constexpr auto kPayloads = std::to_array<Payload>({
    {"boolean", "or 1=1"},
    {"boolean", "and 5<>6"},
    {"boolean", "or 'a'='a'"},
    {"boolean", "|| 1=1"},
    {"boolean", "&& 3>2"},
    {"boolean", "or not 1=2"},
    {"boolean", "or 7 like 7"},
    {"boolean", "or 1 in (1,2)"},
    {"boolean", "and 2 between 1 and 3"},
    {"boolean", "xor 0x31=0x31"},
    {"boolean", "or id is not null"},
    {"boolean", "or exists(select 1 from users)"},
    {"boolean", "and ascii(substr((select password from users limit 1),1,1))>64"},
    {"boolean", "and (select substring(name,1,1) from sysobjects)='a'"},
    {"boolean", "or username='admin'"},
    {"boolean", "and length(database())=5"},
    {"union", "union select 1,2,3"},
    {"union", "union all select null,null,null"},
    {"union", "union select @@version,2"},
    {"union", "union(select 1)"},
    {"union", "union distinct select user,password from mysql.user"},
    {"union", "union select * from information_schema.tables"},
    {"union", "union select name from sqlite_master"},
    {"union", "union select banner from v$version"},
    {"union", "union select username,passwd from pg_shadow"},
    {"union", "except select password from users"},
    {"stacked", ";drop table users"},
    {"stacked", ";exec xp_cmdshell 'dir'"},
    {"stacked", ";execute immediate 'x'"},
    {"stacked", ";select pg_sleep(5)"},
    {"stacked", ";insert into users values(1,2)"},
    {"stacked", ";update users set name=1"},
    {"stacked", ";delete from users"},
    {"stacked", ";declare @q varchar(99)"},
    {"stacked", ";set @q=0x41"},
    {"stacked", ";shutdown"},
    {"stacked", ";copy x from program 'id'"},
    {"stacked", ";create table a(b int)"},
    {"stacked", ";alter table a add b int"},
    {"stacked", ";attach database 'x' as y"},
    {"stacked", ";begin dbms_lock.sleep(5); end;"},
    {"stacked", ";grant all to public"},
    {"stacked", ";truncate table users"},
    {"stacked", ";do $$begin perform 1; end$$"},
    {"stacked", ";with x as (select 1) select 2"},
    {"time", "and sleep(5)"},
    {"time", "or benchmark(5000000,md5(1))"},
    {"time", "and pg_sleep(5) is null"},
    {"time", ";waitfor delay '0:0:5'"},
    {"time", "and 1=dbms_pipe.receive_message('a',5)"},
    {"time", "and 1=randomblob(100000000)"},
    {"time", "or (select count(*) from generate_series(1,9999999))>0"},
    {"time", "and if(1=1,sleep(5),0)"},
    {"time", "and (select 9 from (select(sleep(5)))x)"},
    {"error", "and extractvalue(1,concat(0x7e,version()))"},
    {"error", "or updatexml(1,concat(0x7e,user()),1)"},
    {"error", "and 1=cast(version() as int)"},
    {"error", "and 1=convert(int,@@version)"},
    {"error", "and 1=ctxsys.drithsx.sn(1,(select user from dual))"},
    {"error", "and exp(~(select 1))"},
    {"error", "or (select 1 from(select count(*),concat(1,2)x from information_schema.tables group by x)a)"},
    {"error", "or case when 1=1 then 1/0 else 1 end"},
    {"outfile", "into outfile '/tmp/x'"},
    {"outfile", "union select 1 into dumpfile '/tmp/x'"},
    {"clause", "order by 5"},
    {"clause", "group by 1 having 1=1"},
    {"clause", "having 1=1"},
    {"clause", "limit 1,1 procedure analyse()"},
    {"clause", "where 4=4"},
    {"comment", "/*!50000union*/ /*!50000select*/ 1"},
});

constexpr auto kBlanks = std::to_array<std::string_view>({" ", "/**/", "\t", "\n", "\v", "/*x y*/", "\xA0", " \r\n "});
constexpr std::string_view kFiller =
    "the quick brown fox jumps over the lazy dog, again and again; then (as ever) it sleeps until 10:30 and eats 2 "
    "hens ";

enum class Spelling { kLower, kUpper, kMixed };

std::string spelt(std::string_view text, std::string_view blank, Spelling spelling) {
  std::string out;
  std::size_t letters = 0;
  for (const char c : text) {
    if (c == ' ') {
      out += blank;
    } else {
      const bool upper = spelling == Spelling::kUpper || (spelling == Spelling::kMixed && ++letters % 2 == 0);
      out += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    }
  }
  return out;
}

}  // namespace

std::vector<GeneratedAttack> generated_attacks() {
  std::vector<GeneratedAttack> attacks;
  for (const Exit& exit : kExits) {
    for (const Payload& payload : kPayloads) {
      for (const std::string_view blank : kBlanks) {
        for (const Spelling spelling : {Spelling::kLower, Spelling::kUpper, Spelling::kMixed}) {
          const std::string tail = spelt(exit.before, blank, Spelling::kLower) + spelt(payload.text, blank, spelling) +
                                   std::string(exit.after);
          attacks.push_back({payload.kind, tail});
          attacks.push_back(
              {payload.kind, (exit.takes_filler ? std::string(kFiller) : std::string("1+2-1+1*1/1+0-0+7,")) + tail});
        }
      }
    }
  }
  return attacks;
}

}  // namespace gabion::inspect::sqli
