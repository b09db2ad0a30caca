// The vocabularies of gabion.yaml: which words stand for which enum values.
#pragma once

#include "config/config_field.h"
#include "config/proxy_config.h"

namespace gabion::config {

inline constexpr Word<CaptureMode> kCaptureModeWords[] = {{"redirect", CaptureMode::kRedirect},
                                                          {"tproxy", CaptureMode::kTproxy}};
inline constexpr Word<UndeclaredPort> kUndeclaredPortWords[] = {{"deny", UndeclaredPort::kDeny},
                                                                {"auto", UndeclaredPort::kAuto}};
inline constexpr Word<UnknownDestination> kUnknownDestinationWords[] = {{"deny", UnknownDestination::kDeny},
                                                                        {"allow", UnknownDestination::kAllow}};

/// The first word of each is ours; the others are what a Service's appProtocol says.
inline constexpr Word<Protocol> kProtocolWords[] = {
    {"http", Protocol::kHttp},         {"http1", Protocol::kHttp1},
    {"http2", Protocol::kHttp2},       {"kubernetes.io/h2c", Protocol::kHttp2},
    {"grpc", Protocol::kHttp2},        {"kubernetes.io/ws", Protocol::kHttp1},
    {"postgres", Protocol::kPostgres}, {"postgresql", Protocol::kPostgres},
    {"tcp", Protocol::kTcp},           {"tls", Protocol::kTcp},
    {"https", Protocol::kTcp},         {"kubernetes.io/wss", Protocol::kTcp},
    {"mysql", Protocol::kTcp},         {"redis", Protocol::kTcp},
    {"mongo", Protocol::kTcp},         {"auto", Protocol::kAuto}};
inline constexpr Word<TlsMode> kTlsModeWords[] = {
    {"STRICT", TlsMode::kStrict}, {"PERMISSIVE", TlsMode::kPermissive}, {"DISABLE", TlsMode::kDisable}};
inline constexpr Word<UpstreamTls> kUpstreamTlsWords[] = {{"MUTUAL", UpstreamTls::kMutual},
                                                          {"DISABLE", UpstreamTls::kDisable}};
/// Of a route of a listener for PostgreSQL: another word is one of kDatabaseTlsModeWords.
inline constexpr Word<std::optional<DatabaseTlsMode>> kRouteTlsWords[] = {{"MUTUAL", std::nullopt},
                                                                          {"DISABLE", std::nullopt},
                                                                          {"VERIFY_FULL", DatabaseTlsMode::kVerifyFull},
                                                                          {"VERIFY_CA", DatabaseTlsMode::kVerifyCa},
                                                                          {"REQUIRE", DatabaseTlsMode::kRequire}};
inline constexpr Word<WebSocketMode> kWebSocketWords[] = {{"refuse", WebSocketMode::kRefuse},
                                                          {"allow", WebSocketMode::kAllow}};
/// The first word of each is ours; the others are what a Service's appProtocol says.
inline constexpr Word<UpstreamProtocol> kUpstreamProtocolWords[] = {
    {"auto", UpstreamProtocol::kAuto},   {"http1", UpstreamProtocol::kHttp1},
    {"http2", UpstreamProtocol::kHttp2}, {"kubernetes.io/h2c", UpstreamProtocol::kHttp2},
    {"grpc", UpstreamProtocol::kHttp2},
};
/// What may be done about attacks: bytes of a request cannot be covered without changing what it asks.
inline constexpr Word<FindingAction> kAttackWords[] = {
    {"off", FindingAction::kOff}, {"log", FindingAction::kLog}, {"block", FindingAction::kBlock}};
inline constexpr Word<FindingAction> kPaymentCardWords[] = {{"off", FindingAction::kOff},
                                                            {"log", FindingAction::kLog},
                                                            {"mask", FindingAction::kMask},
                                                            {"block", FindingAction::kBlock}};
inline constexpr Word<WafMode> kWafModeWords[] = {{"detect", WafMode::kDetect}, {"block", WafMode::kBlock}};
inline constexpr Word<RequestBodyRule> kRequestBodyRuleWords[] = {{"always", RequestBodyRule::kAlways},
                                                                  {"forms", RequestBodyRule::kForms}};
inline constexpr Word<OnLimit> kOnLimitWords[] = {{"deny", OnLimit::kDeny}, {"allow", OnLimit::kAllow}};
inline constexpr Word<ContentCoding> kContentCodingWords[] = {{"identity", ContentCoding::kIdentity},
                                                              {"decode", ContentCoding::kDecode}};
inline constexpr Word<PathLevel> kPathLevelWords[] = {{"NONE", PathLevel::kNone},
                                                      {"BASE", PathLevel::kBase},
                                                      {"MERGE_SLASHES", PathLevel::kMergeSlashes},
                                                      {"DECODE_AND_MERGE_SLASHES", PathLevel::kDecodeAndMergeSlashes}};
inline constexpr Word<DoubtfulPath> kDoubtfulPathWords[] = {{"refuse", DoubtfulPath::kRefuse},
                                                            {"keep", DoubtfulPath::kKeep}};
inline constexpr Word<PathCase> kPathCaseWords[] = {{"exact", PathCase::kExact}, {"fold", PathCase::kFold}};

/// A key of `paths`, the member it sets, and what a Deny on /admin no longer meets when it is kept.
struct DoubtfulPathKey {
  std::string_view key;
  DoubtfulPath PathReading::*member;
  std::string_view walks_past;
};
inline constexpr DoubtfulPathKey kDoubtfulPathKeys[] = {{"encodedSlash", &PathReading::encoded_slash, "/admin%2Fx"},
                                                        {"doubleEncoding", &PathReading::double_encoding, "/%2561dmin"},
                                                        {"emptySegments", &PathReading::empty_segments, "//admin"},
                                                        {"semicolon", &PathReading::semicolon, "/admin;x"}};

inline constexpr Word<LogLevel> kLogLevelWords[] = {
    {"debug", LogLevel::kDebug}, {"info", LogLevel::kInfo}, {"warn", LogLevel::kWarn}, {"error", LogLevel::kError}};

}  // namespace gabion::config
