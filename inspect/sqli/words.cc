// One table of SQL's words over five dialects, hashed at compile time.
#include "inspect/sqli/words.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace gabion::inspect::sqli {
namespace {

/// Words of one meaning, separated by blanks.
struct Group {
  Kind kind;
  Word word;
  std::string_view words;
};

constexpr auto kGroups = std::to_array<Group>({
    {Kind::kLogical, Word::kNone, "and or xor"},
    {Kind::kNot, Word::kNone, "not binary distinctrow"},
    {Kind::kCompare, Word::kNone,
     "like rlike regexp in is between ilike glob similar sounds escape against collate overlaps"},
    {Kind::kArithmetic, Word::kNone, "div mod"},
    {Kind::kConstant, Word::kNone,
     "null true false utc_date utc_time utc_timestamp current_date current_time current_timestamp localtime "
     "localtimestamp current_user session_user system_user sysdate rownum sqlcode"},
    {Kind::kKeyword, Word::kAll, "all distinct"},
    {Kind::kKeyword, Word::kAlter, "alter"},
    {Kind::kKeyword, Word::kAnalyse, "analyse analyze"},
    {Kind::kKeyword, Word::kAs, "as"},
    {Kind::kKeyword, Word::kAttach, "attach"},
    {Kind::kKeyword, Word::kBackup, "backup restore"},
    {Kind::kKeyword, Word::kBegin, "begin"},
    {Kind::kKeyword, Word::kBy, "by"},
    {Kind::kKeyword, Word::kCall, "call"},
    {Kind::kKeyword, Word::kCase, "case"},
    {Kind::kKeyword, Word::kCopy, "copy"},
    {Kind::kKeyword, Word::kCreate, "create"},
    {Kind::kKeyword, Word::kDeclare, "declare"},
    {Kind::kKeyword, Word::kDelay, "delay"},
    {Kind::kKeyword, Word::kDelete, "delete"},
    {Kind::kKeyword, Word::kDescending, "desc asc"},
    {Kind::kKeyword, Word::kDo, "do"},
    {Kind::kKeyword, Word::kDrop, "drop"},
    {Kind::kKeyword, Word::kElse, "else"},
    {Kind::kKeyword, Word::kEndWord, "end"},
    {Kind::kKeyword, Word::kExec, "exec execute"},
    {Kind::kKeyword, Word::kFrom, "from"},
    {Kind::kKeyword, Word::kGrant, "grant revoke"},
    {Kind::kKeyword, Word::kGroup, "group"},
    {Kind::kKeyword, Word::kHandler, "handler"},
    {Kind::kKeyword, Word::kHaving, "having"},
    {Kind::kKeyword, Word::kIf, "if"},
    {Kind::kKeyword, Word::kInsert, "insert"},
    {Kind::kKeyword, Word::kInto, "into"},
    {Kind::kKeyword, Word::kJoin, "join"},
    {Kind::kKeyword, Word::kKill, "kill"},
    {Kind::kKeyword, Word::kLimit, "limit offset"},
    {Kind::kKeyword, Word::kLoad, "load"},
    {Kind::kKeyword, Word::kMerge, "merge"},
    {Kind::kKeyword, Word::kObject,
     "table database schema view function trigger index login role sequence tablespace temporary temp extension "
     "assembly event server"},
    {Kind::kKeyword, Word::kOrder, "order"},
    {Kind::kKeyword, Word::kOutfile, "outfile dumpfile"},
    {Kind::kKeyword, Word::kPrepare, "prepare deallocate"},
    {Kind::kKeyword, Word::kProcedure, "procedure"},
    {Kind::kKeyword, Word::kRename, "rename"},
    {Kind::kKeyword, Word::kReplace, "replace"},
    {Kind::kKeyword, Word::kSelect, "select"},
    {Kind::kKeyword, Word::kSet, "set"},
    {Kind::kKeyword, Word::kShow, "show"},
    {Kind::kKeyword, Word::kShowable,
     "tables databases schemas columns fields grants processlist variables warnings errors engines triggers indexes "
     "keys"},
    {Kind::kKeyword, Word::kShutdown, "shutdown"},
    {Kind::kKeyword, Word::kThen, "then"},
    {Kind::kKeyword, Word::kTruncate, "truncate"},
    {Kind::kKeyword, Word::kUnion, "union intersect except minus"},
    {Kind::kKeyword, Word::kUpdate, "update"},
    {Kind::kKeyword, Word::kUse, "use"},
    {Kind::kKeyword, Word::kValues, "values"},
    {Kind::kKeyword, Word::kWaitfor, "waitfor"},
    {Kind::kKeyword, Word::kWhen, "when"},
    {Kind::kKeyword, Word::kWhere, "where"},
    {Kind::kKeyword, Word::kWith, "with"},
    {Kind::kName, Word::kMode, "boolean natural language mode query expansion"},
    {Kind::kName, Word::kDelayCall, "sleep pg_sleep pg_sleep_for pg_sleep_until benchmark randomblob receive_message"},
    {Kind::kName, Word::kAttackCall,
     "extractvalue updatexml load_file load_extension xmltype name_const xp_cmdshell xp_dirtree xp_fileexist "
     "xp_regread xp_regwrite xp_subdirs xp_servicecontrol sp_executesql sp_oacreate sp_makewebtask sp_addlogin "
     "sp_configure sp_password sp_addsrvrolemember openrowset openquery opendatasource fn_xe_file_target_read_file "
     "fn_trace_gettable fn_get_audit_file lo_import lo_export lo_get lo_from_bytea pg_read_file pg_read_binary_file "
     "pg_ls_dir pg_stat_file dblink dblink_connect dblink_exec dblink_send_query sys_eval sys_exec httpuritype "
     "json_keys json_extract gtid_subset gtid_subtract st_latfromgeohash st_longfromgeohash geometrycollection "
     "multipoint multipolygon multilinestring linestring procedure_analyse regexp_substring crypt_key "
     "generate_series query_to_xml database_to_xml table_to_xml exec_sql sqlite_version "
     "sqlite_source_id"},
    {Kind::kName, Word::kInfoCall,
     "version database user current_setting current_database current_schema schema connection_id row_count "
     "last_insert_id found_rows user_name suser_name suser_sname db_name host_name is_srvrolemember has_dbaccess "
     "object_id col_name password make_set elt readfile writefile"},
    {Kind::kName, Word::kOrdinaryCall,
     "char chr nchar ascii ord substr substring substring_index mid left right length len char_length datalength "
     "concat concat_ws group_concat string_agg listagg count if_null ifnull isnull nullif nvl coalesce cast convert "
     "try_convert to_number to_char lower upper hex unhex md5 sha1 encode decode aes_encrypt des_encrypt compress "
     "conv bin strcmp locate instr position find_in_set field lpad rpad repeat reverse rand floor iif greatest least "
     "exp row_number quotename stuff typeof unicode zeroblob quote exists now"},
    {Kind::kName, Word::kCatalogue,
     "information_schema sysobjects syscolumns sysusers sysdatabases sqlite_master sqlite_schema sqlite_temp_master "
     "pg_catalog pg_user pg_shadow pg_database pg_tables pg_class all_tables all_users user_tables dba_users "
     "all_tab_columns user_tab_columns msysaccessobjects msysobjects systables syscat sysibm"},
    {Kind::kName, Word::kAttackCall,
     "dbms_pipe dbms_lock dbms_utility dbms_xmlgen dbms_ldap dbms_java dbms_scheduler dbms_xmlquery utl_http "
     "utl_inaddr utl_file utl_smtp utl_tcp user_lock ctxsys"},
});

struct Entry {
  std::string_view word;
  Meaning meaning;
};

constexpr std::size_t kSlots = 2048;
constexpr std::size_t kLongest = 32;

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// Four letters and the length tell SQL's words apart well enough, and cost the same for any length.
constexpr std::uint32_t hash_of(std::string_view word) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(lower(word[i]))); };
  const std::uint32_t mixed = (at(0) + (at(1) << 8U) + (at(word.size() / 2) << 16U) + (at(word.size() - 1) << 24U)) ^
                              static_cast<std::uint32_t>(word.size() << 13U);
  return (mixed * 2654435761U) >> 20U;
}

constexpr std::array<Entry, kSlots> make_table() {
  std::array<Entry, kSlots> table{};
  for (const Group& group : kGroups) {
    std::string_view rest = group.words;
    while (!rest.empty()) {
      const std::size_t end = rest.find(' ') == std::string_view::npos ? rest.size() : rest.find(' ');
      std::size_t slot = hash_of(rest.substr(0, end)) % kSlots;
      while (!table[slot].word.empty()) {
        slot = (slot + 1) % kSlots;
      }
      table[slot] = {rest.substr(0, end), {group.kind, group.word}};
      rest.remove_prefix(end == rest.size() ? end : end + 1);
    }
  }
  return table;
}

constexpr std::array<Entry, kSlots> kTable = make_table();

bool same(std::string_view word, std::string_view entry) noexcept {
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (lower(word[i]) != entry[i]) {
      return false;
    }
  }
  return true;
}

/// By first letter, the lengths its words have: most of prose ends here.
constexpr std::array<std::uint32_t, 26> make_lengths() {
  std::array<std::uint32_t, 26> lengths{};
  for (const Entry& entry : kTable) {
    if (!entry.word.empty()) {
      lengths[static_cast<std::size_t>(entry.word[0] - 'a')] |= 1U << (entry.word.size() - 1);
    }
  }
  return lengths;
}
constexpr std::array<std::uint32_t, 26> kLengths = make_lengths();

}  // namespace

Meaning meaning_of(std::string_view word) noexcept {
  if (word.size() < 2 || word.size() > kLongest) {
    return {};
  }
  const auto letter = static_cast<std::size_t>(static_cast<unsigned char>(lower(word[0]))) - 'a';
  if (letter >= kLengths.size() || (kLengths[letter] >> (word.size() - 1) & 1U) == 0) {
    return {};
  }
  for (std::size_t slot = hash_of(word) % kSlots; !kTable[slot].word.empty(); slot = (slot + 1) % kSlots) {
    if (kTable[slot].word.size() == word.size() && same(word, kTable[slot].word)) {
      return kTable[slot].meaning;
    }
  }
  return {};
}

}  // namespace gabion::inspect::sqli
