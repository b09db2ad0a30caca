// Every node the raw grammar can make, and which of its fields hold nodes: what is not listed here is refused.
#include "inspect/sql/pg/tree.h"

#define F1(T, a) offsetof(T, a)
#define F2(T, a, ...) offsetof(T, a), F1(T, __VA_ARGS__)
#define F3(T, a, ...) offsetof(T, a), F2(T, __VA_ARGS__)
#define F4(T, a, ...) offsetof(T, a), F3(T, __VA_ARGS__)
#define F5(T, a, ...) offsetof(T, a), F4(T, __VA_ARGS__)
#define F6(T, a, ...) offsetof(T, a), F5(T, __VA_ARGS__)
#define F7(T, a, ...) offsetof(T, a), F6(T, __VA_ARGS__)
#define F8(T, a, ...) offsetof(T, a), F7(T, __VA_ARGS__)
#define F9(T, a, ...) offsetof(T, a), F8(T, __VA_ARGS__)
#define F10(T, a, ...) offsetof(T, a), F9(T, __VA_ARGS__)
#define F11(T, a, ...) offsetof(T, a), F10(T, __VA_ARGS__)
#define F12(T, a, ...) offsetof(T, a), F11(T, __VA_ARGS__)
#define F13(T, a, ...) offsetof(T, a), F12(T, __VA_ARGS__)
#define F14(T, a, ...) offsetof(T, a), F13(T, __VA_ARGS__)
#define F15(T, a, ...) offsetof(T, a), F14(T, __VA_ARGS__)
#define CHOOSE(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, NAME, ...) NAME
#define FIELDS(T, ...) \
  CHOOSE(__VA_ARGS__, F15, F14, F13, F12, F11, F10, F9, F8, F7, F6, F5, F4, F3, F2, F1, F0)(T, __VA_ARGS__)

// LEAF: nothing inside. NODE: fields only. HOOK: a hook and no fields. STEP: hooks and fields. SCOPE: the same with
// names of its own. QUERY: a scope that leave_query ends.
#define LEAF(T) [T_##T] = {true, false, NULL, NULL, {0}}
#define NODE(T, ...) [T_##T] = {true, false, NULL, NULL, {FIELDS(T, __VA_ARGS__), 0}}
#define HOOK(T, ENTER) [T_##T] = {true, false, ENTER, NULL, {0}}
#define STEP(T, ENTER, LEAVE, ...) [T_##T] = {true, false, ENTER, LEAVE, {FIELDS(T, __VA_ARGS__), 0}}
#define SCOPE(T, ENTER, ...) [T_##T] = {true, true, ENTER, NULL, {FIELDS(T, __VA_ARGS__), 0}}
#define QUERY(T, ENTER, ...) [T_##T] = {true, true, ENTER, leave_query, {FIELDS(T, __VA_ARGS__), 0}}

static const NodeShape kShapes[] = {
    // Expressions.
    LEAF(Integer),
    LEAF(Float),
    LEAF(Boolean),
    LEAF(String),
    LEAF(BitString),
    LEAF(A_Const),
    LEAF(A_Star),
    LEAF(SetToDefault),
    LEAF(Alias),
    LEAF(RoleSpec),
    LEAF(TriggerTransition),
    LEAF(CTESearchClause),
    LEAF(AccessPriv),
    LEAF(ReplicaIdentityStmt),
    HOOK(ColumnRef, enter_column),
    HOOK(ParamRef, enter_parameter),
    HOOK(SQLValueFunction, enter_value_function),
    HOOK(CurrentOfExpr, enter_current_of),
    STEP(A_Expr, enter_expression, NULL, lexpr, rexpr),
    STEP(BoolExpr, enter_boolean, NULL, args),
    STEP(FuncCall, enter_call, NULL, args, agg_order, agg_filter, over),
    STEP(TypeCast, enter_cast, NULL, arg, typeName),
    STEP(A_Indirection, enter_indirection, NULL, arg, indirection),
    STEP(CaseExpr, enter_case, NULL, arg, args, defresult),
    STEP(SubLink, enter_sub_link, NULL, testexpr, subselect),
    STEP(SortBy, enter_sort, NULL, node),
    STEP(MultiAssignRef, enter_multi_assign, NULL, source),
    NODE(NamedArgExpr, arg),
    NODE(CaseWhen, expr, result),
    NODE(RowExpr, args),
    NODE(CoalesceExpr, args),
    NODE(MinMaxExpr, args),
    NODE(XmlExpr, named_args, args),
    NODE(XmlSerialize, expr, typeName),
    NODE(NullTest, arg),
    NODE(BooleanTest, arg),
    NODE(GroupingFunc, args),
    NODE(CollateClause, arg),
    NODE(A_Indices, lidx, uidx),
    NODE(A_ArrayExpr, elements),
    NODE(ResTarget, indirection, val),
    NODE(WindowDef, partitionClause, orderClause, startOffset, endOffset),
    NODE(GroupingSet, content),
    NODE(TypeName, typmods, arrayBounds),

    // FROM and WITH.
    HOOK(RangeVar, enter_from_item),
    STEP(RangeSubselect, enter_sub_query, leave_sub_query, subquery),
    STEP(RangeFunction, NULL, leave_function_range, functions, coldeflist),
    STEP(RangeTableFunc, NULL, leave_function_range, docexpr, rowexpr, namespaces, columns),
    NODE(RangeTableFuncCol, typeName, colexpr, coldefexpr),
    NODE(RangeTableSample, relation, args, repeatable),
    STEP(JoinExpr, NULL, leave_join, larg, rarg, quals),
    STEP(WithClause, enter_with, NULL, ctes),
    STEP(CommonTableExpr, NULL, leave_cte, ctequery, search_clause, cycle_clause),
    NODE(CTECycleClause, cycle_mark_value, cycle_mark_default),

    // Queries.
    QUERY(SelectStmt, enter_select, withClause, larg, rarg, fromClause, valuesLists, targetList, whereClause,
          groupClause, havingClause, windowClause, distinctClause, sortClause, limitOffset, limitCount, intoClause),
    QUERY(InsertStmt, enter_insert, withClause, cols, selectStmt, onConflictClause, returningList),
    QUERY(UpdateStmt, enter_update, withClause, fromClause, targetList, whereClause, returningList),
    QUERY(DeleteStmt, enter_delete, withClause, usingClause, whereClause, returningList),
    QUERY(MergeStmt, enter_merge, withClause, sourceRelation, joinCondition, mergeWhenClauses),
    STEP(OnConflictClause, enter_conflict, leave_conflict, infer, targetList, whereClause),
    STEP(InferClause, enter_conflict_target, NULL, indexElems, whereClause),
    STEP(MergeWhenClause, enter_merge_arm, NULL, condition, targetList, values),
    NODE(IntoClause, options),
    NODE(ReturnStmt, returnval),

    // Statements of a session.
    SCOPE(CopyStmt, enter_copy, query, options, whereClause),
    STEP(ExplainStmt, enter_explain, NULL, query, options),
    STEP(PrepareStmt, enter_prepare, NULL, argtypes, query),
    STEP(DeclareCursorStmt, enter_declare, NULL, query),
    STEP(ExecuteStmt, enter_execute, NULL, params),
    STEP(TransactionStmt, enter_transaction, NULL, options),
    STEP(VariableSetStmt, enter_set, NULL, args),
    STEP(DoStmt, enter_do, NULL, args),
    STEP(CallStmt, enter_procedure_call, NULL, funccall),
    HOOK(DeallocateStmt, enter_deallocate),
    HOOK(FetchStmt, enter_fetch),
    HOOK(ClosePortalStmt, enter_close),
    HOOK(VariableShowStmt, enter_show),
    HOOK(DiscardStmt, enter_discard),
    HOOK(LockStmt, enter_lock),
    HOOK(TruncateStmt, enter_truncate),
    LEAF(ConstraintsSetStmt),
    LEAF(NotifyStmt),
    LEAF(ListenStmt),
    LEAF(UnlistenStmt),
    HOOK(LoadStmt, enter_code),
    HOOK(CheckPointStmt, enter_writes),

    // Definitions of relations.
    STEP(CreateTableAsStmt, enter_create_as, NULL, query, into),
    STEP(ViewStmt, enter_view, NULL, query, options),
    SCOPE(CreateStmt, enter_create_table, tableElts, partbound, partspec, ofTypename, constraints, options),
    SCOPE(CreateForeignTableStmt, enter_create_table, base.tableElts, base.partbound, base.partspec, base.ofTypename,
          base.constraints, base.options, options),
    SCOPE(AlterTableStmt, enter_alter_table, cmds),
    NODE(AlterTableCmd, def),
    HOOK(TableLikeClause, enter_table_like),
    STEP(Constraint, enter_constraint, NULL, raw_expr, exclusions, options, where_clause),
    STEP(PartitionCmd, enter_partition, NULL, bound),
    NODE(PartitionSpec, partParams),
    NODE(PartitionElem, expr, opclass),
    NODE(PartitionBoundSpec, listdatums, lowerdatums, upperdatums),
    NODE(ColumnDef, typeName, raw_default, collClause, constraints, fdwoptions),
    NODE(DefElem, arg),
    SCOPE(IndexStmt, enter_index, indexParams, indexIncludingParams, options, whereClause),
    NODE(IndexElem, expr, opclassopts),
    SCOPE(RuleStmt, enter_rule, whereClause, actions),
    SCOPE(CreateTrigStmt, enter_trigger, whenClause, args),
    SCOPE(CreatePolicyStmt, enter_policy, qual, with_check),
    SCOPE(AlterPolicyStmt, enter_alter_policy, qual, with_check),
    SCOPE(CreateStatsStmt, enter_statistics, exprs),
    NODE(StatsElem, expr),
    STEP(CreateSeqStmt, enter_sequence, NULL, options),
    STEP(AlterSeqStmt, enter_alter_sequence, NULL, options),
    STEP(CreatePublicationStmt, enter_publication, NULL, options, pubobjects),
    STEP(AlterPublicationStmt, enter_publication, NULL, options, pubobjects),
    STEP(PublicationObjSpec, enter_published_object, NULL, pubtable),
    SCOPE(PublicationTable, enter_published, whereClause),
    HOOK(AlterStatsStmt, enter_writes),

    // Definitions of everything else.
    STEP(CreateFunctionStmt, enter_create_function, NULL, parameters, returnType, options, sql_body),
    STEP(AlterFunctionStmt, enter_definition, NULL, func, actions),
    STEP(DefineStmt, enter_code, NULL, args, definition),
    SCOPE(CreateDomainStmt, enter_domain, typeName, collClause, constraints),
    SCOPE(AlterDomainStmt, enter_domain, def),
    STEP(CreateEventTrigStmt, enter_event_trigger, NULL, whenclause),
    STEP(CreateSchemaStmt, enter_definition, NULL, schemaElts),
    STEP(CompositeTypeStmt, enter_definition, NULL, coldeflist),
    STEP(CreateRangeStmt, enter_code, NULL, params),
    STEP(CreateCastStmt, enter_code, NULL, sourcetype, targettype, func),
    STEP(CreateTransformStmt, enter_code, NULL, type_name, fromsql, tosql),
    STEP(CreateOpClassStmt, enter_code, NULL, datatype, items),
    STEP(AlterOpFamilyStmt, enter_code, NULL, items),
    NODE(CreateOpClassItem, name, class_args, storedtype),
    NODE(FunctionParameter, argType, defexpr),
    NODE(ObjectWithArgs, objargs, objfuncargs),
    STEP(CreatedbStmt, enter_definition, NULL, options),
    STEP(AlterDatabaseStmt, enter_alter_database, NULL, options),
    STEP(DropdbStmt, enter_unnamed, NULL, options),
    STEP(AlterDatabaseSetStmt, enter_stored_setting, NULL, setstmt),
    STEP(AlterRoleSetStmt, enter_stored_setting, NULL, setstmt),
    STEP(AlterSystemStmt, enter_stored_setting, NULL, setstmt),
    STEP(CreateRoleStmt, enter_definition, NULL, options),
    STEP(AlterRoleStmt, enter_definition, NULL, options),
    STEP(CreateTableSpaceStmt, enter_definition, NULL, options),
    STEP(AlterTableSpaceOptionsStmt, enter_definition, NULL, options),
    STEP(CreateExtensionStmt, enter_extension, NULL, options),
    STEP(AlterExtensionStmt, enter_extension, NULL, options),
    STEP(CreateFdwStmt, enter_code, NULL, func_options, options),
    STEP(AlterFdwStmt, enter_code, NULL, func_options, options),
    STEP(CreateForeignServerStmt, enter_definition, NULL, options),
    STEP(AlterForeignServerStmt, enter_definition, NULL, options),
    STEP(CreateUserMappingStmt, enter_definition, NULL, options),
    STEP(AlterUserMappingStmt, enter_definition, NULL, options),
    STEP(AlterOperatorStmt, enter_code, NULL, opername, options),
    STEP(AlterTypeStmt, enter_code, NULL, options),
    STEP(AlterTSDictionaryStmt, enter_definition, NULL, options),
    STEP(CreateSubscriptionStmt, enter_unnamed, NULL, options),
    STEP(AlterSubscriptionStmt, enter_unnamed, NULL, options),
    STEP(ImportForeignSchemaStmt, enter_unnamed, NULL, options),
    STEP(GrantRoleStmt, enter_definition, NULL, granted_roles),
    HOOK(CreatePLangStmt, enter_code),
    HOOK(CreateConversionStmt, enter_code),
    HOOK(CreateAmStmt, enter_code),
    HOOK(CreateEnumStmt, enter_definition),
    HOOK(AlterEnumStmt, enter_definition),
    HOOK(CreateOpFamilyStmt, enter_definition),
    HOOK(AlterTSConfigurationStmt, enter_definition),
    HOOK(AlterCollationStmt, enter_definition),
    HOOK(AlterDatabaseRefreshCollStmt, enter_definition),
    HOOK(AlterEventTrigStmt, enter_definition),
    HOOK(AlterExtensionContentsStmt, enter_extension_member),
    HOOK(AlterTableMoveAllStmt, enter_unnamed),
    HOOK(AlterDefaultPrivilegesStmt, enter_unnamed),
    HOOK(DropRoleStmt, enter_definition),
    HOOK(DropTableSpaceStmt, enter_definition),
    HOOK(DropUserMappingStmt, enter_definition),
    HOOK(DropSubscriptionStmt, enter_definition),
    HOOK(DropOwnedStmt, enter_unnamed),
    HOOK(ReassignOwnedStmt, enter_unnamed),

    // About what is there.
    HOOK(DropStmt, enter_drop),
    HOOK(CommentStmt, enter_comment),
    HOOK(SecLabelStmt, enter_label),
    HOOK(GrantStmt, enter_grant),
    HOOK(RenameStmt, enter_rename),
    HOOK(AlterObjectSchemaStmt, enter_move_schema),
    HOOK(AlterOwnerStmt, enter_owner),
    HOOK(AlterObjectDependsStmt, enter_depends),
    STEP(VacuumStmt, enter_vacuum, NULL, options, rels),
    HOOK(VacuumRelation, enter_vacuum_relation),
    STEP(ClusterStmt, enter_cluster, NULL, params),
    STEP(ReindexStmt, enter_reindex, NULL, params),
    HOOK(RefreshMatViewStmt, enter_refresh),
};

const NodeShape* shape_of(NodeTag tag) {
  const size_t count = sizeof(kShapes) / sizeof(kShapes[0]);
  return (size_t)tag < count && kShapes[tag].known ? &kShapes[tag] : NULL;
}
