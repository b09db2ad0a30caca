// What drivers and clients ask the catalogue on their own: only names they need, none that tells values or passwords.
#include <array>
#include <string>

#include "inspect/sql/rules/sql_item.h"

namespace gabion::inspect::sql {
namespace {

using config::kube::SqlPreset;

/// Names in pg_catalog, one space between, unless they say their schema.
struct Preset {
  std::string_view kinds;
  std::string_view tables;
  std::string_view functions;  ///< beside the harmless ones
  std::string_view settings;   ///< beside the harmless ones
  config::kube::SqlStacked stacked = config::kube::SqlStacked::kDeny;
};

constexpr Preset kPsql{
    "SELECT SHOW",
    "pg_aggregate pg_am pg_attrdef pg_attribute pg_auth_members pg_cast pg_class pg_collation pg_constraint "
    "pg_conversion pg_database pg_db_role_setting pg_default_acl pg_depend pg_description pg_enum pg_event_trigger "
    "pg_extension pg_foreign_data_wrapper pg_foreign_server pg_foreign_table pg_index pg_inherits pg_language "
    "pg_namespace pg_opclass pg_operator pg_opfamily pg_partitioned_table pg_policy pg_proc pg_publication "
    "pg_publication_namespace pg_publication_rel pg_range pg_rewrite pg_roles pg_sequence pg_settings pg_shdescription "
    "pg_statistic_ext pg_tablespace pg_trigger pg_ts_config pg_ts_dict pg_ts_parser pg_ts_template pg_type pg_views",
    "col_description current_schemas format_type generate_series obj_description pg_collation_is_visible "
    "pg_encoding_to_char "
    "pg_function_is_visible pg_get_constraintdef pg_get_expr pg_get_function_arguments pg_get_function_result "
    "pg_get_function_identity_arguments pg_get_functiondef pg_get_function_sqlbody pg_get_partition_constraintdef "
    "pg_get_indexdef pg_get_partkeydef pg_get_ruledef "
    "pg_get_statisticsobjdef_columns pg_get_triggerdef pg_get_userbyid pg_get_viewdef pg_is_in_recovery "
    "pg_opclass_is_visible pg_operator_is_visible pg_opfamily_is_visible pg_partition_ancestors pg_partition_tree "
    "pg_relation_is_publishable pg_relation_size "
    "pg_statistics_obj_is_visible pg_table_is_visible pg_table_size pg_tablespace_location pg_total_relation_size "
    "pg_ts_config_is_visible pg_ts_dict_is_visible pg_type_is_visible shobj_description",
    ""};

constexpr Preset kJdbc{
    "SELECT SHOW SET",
    "pg_am pg_attrdef pg_attribute pg_class pg_constraint pg_database pg_depend pg_description pg_enum pg_index "
    "pg_namespace pg_proc pg_range pg_roles pg_settings pg_trigger pg_type",
    "col_description current_schemas format_type generate_series information_schema._pg_expandarray obj_description "
    "pg_function_is_visible pg_get_constraintdef pg_get_expr pg_get_function_result pg_get_indexdef pg_get_keywords "
    "pg_get_userbyid pg_get_viewdef pg_is_in_recovery pg_table_is_visible pg_type_is_visible",
    ""};

constexpr Preset kAsyncpg{
    "SELECT SHOW SET RESET CLOSE UNLISTEN", "pg_attribute pg_class pg_enum pg_namespace pg_range pg_type",
    "current_schemas current_setting format_type pg_advisory_unlock_all pg_is_in_recovery pg_type_is_visible "
    "set_config",
    "jit", config::kube::SqlStacked::kAllow};  // what it sends when a connection goes back to its pool

constexpr Preset kSqlalchemy{
    "SELECT SHOW SET",
    "pg_am pg_attrdef pg_attribute pg_class pg_collation pg_constraint pg_depend pg_description pg_enum pg_index "
    "pg_inherits pg_namespace pg_opclass pg_range pg_sequence pg_sequences pg_settings pg_tablespace pg_type pg_views",
    "col_description current_schemas format_type obj_description pg_get_constraintdef pg_get_expr pg_get_indexdef "
    "pg_get_serial_sequence pg_get_viewdef pg_is_in_recovery pg_table_is_visible pg_type_is_visible",
    ""};

/// What there is, for pg_dump to write down. The rows, their locks and sequences are other items' to allow.
constexpr Preset kPgDump{
    "SELECT SHOW SET TCL PREPARE EXECUTE DEALLOCATE DECLARE FETCH CLOSE",
    "pg_aggregate pg_am pg_amop pg_amproc pg_attrdef pg_attribute pg_cast pg_class pg_collation pg_constraint "
    "pg_conversion pg_database pg_db_role_setting pg_default_acl pg_depend pg_description pg_enum pg_event_trigger "
    "pg_extension pg_foreign_data_wrapper pg_foreign_server pg_foreign_table pg_index pg_inherits pg_init_privs "
    "pg_language pg_largeobject_metadata pg_namespace pg_opclass pg_operator pg_opfamily pg_partitioned_table "
    "pg_policy "
    "pg_proc pg_publication pg_publication_namespace pg_publication_rel pg_range pg_rewrite pg_roles pg_seclabels "
    "pg_sequence pg_settings pg_shseclabel pg_statistic_ext pg_subscription pg_tablespace pg_transform pg_trigger "
    "pg_ts_config pg_ts_config_map pg_ts_dict pg_ts_parser pg_ts_template pg_type "
    "pg_user_mappings",
    "acldefault col_description current_schemas format_type generate_series lo_close lo_open loread obj_description "
    "pg_encoding_to_char pg_get_constraintdef pg_get_expr pg_get_function_arguments pg_get_function_identity_arguments "
    "pg_get_function_result pg_get_function_sqlbody pg_get_indexdef pg_get_partkeydef pg_get_ruledef "
    "pg_get_statisticsobjdef pg_get_triggerdef pg_get_userbyid pg_get_viewdef pg_is_in_recovery pg_options_to_table "
    "set_config shobj_description ts_token_type "
    "unnest",
    "restrict_nonsystem_relation_kind row_security synchronize_seqscans transaction_isolation transaction_read_only"};

const Preset& preset_of(SqlPreset preset) noexcept {
  switch (preset) {
    case SqlPreset::kPsql:
      return kPsql;
    case SqlPreset::kJdbc:
      return kJdbc;
    case SqlPreset::kAsyncpg:
      return kAsyncpg;
    case SqlPreset::kSqlalchemy:
      return kSqlalchemy;
    case SqlPreset::kPgDump:
      return kPgDump;
  }
  return kPsql;
}

template <class Visit>
void each_word(std::string_view words, Visit visit) {
  while (!words.empty()) {
    const std::size_t space = words.find(' ');
    visit(words.substr(0, space));
    words.remove_prefix(space == std::string_view::npos ? words.size() : space + 1);
  }
}

NamePattern in_catalogue(std::string_view name) {
  return NamePattern::parse(name.find('.') == std::string_view::npos ? "pg_catalog." + std::string(name)
                                                                     : std::string(name));
}

}  // namespace

void add_preset(SqlPreset preset, SqlItem& item) {
  const Preset& added = preset_of(preset);
  each_word(added.kinds, [&item](std::string_view kind) { item.kinds.add(kind); });
  each_word(added.tables, [&item](std::string_view name) { item.tables.push_back(in_catalogue(name)); });
  each_word(added.functions, [&item](std::string_view name) { item.functions.push_back(in_catalogue(name)); });
  each_word(added.settings, [&item](std::string_view name) { item.settings.emplace_back(name); });
  item.also_harmless = true;
  if (added.stacked == config::kube::SqlStacked::kAllow) {
    item.stacked = added.stacked;
  }
}

}  // namespace gabion::inspect::sql
