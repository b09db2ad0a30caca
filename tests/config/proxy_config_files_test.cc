// Loading gabion.yaml from disk: files that are missing, of the wrong kind or unreadable.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/proxy_config.h"
#include "tests/support/order_descriptors.h"

namespace gabion::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kGood = R"(apiVersion: gabion.dev/v1alpha1
kind: Proxy
workload: {namespace: shop, pod: orders-0}
identity: {certificate: tls.crt, key: tls.key, trustBundle: ca.crt, trustDomain: td}
inbound: [{listen: "127.0.0.2:1506", port: 80, protocol: http, target: "127.0.0.1:80"}]
policy: {directory: policy}
log: {access: ./access.log}
)";

/// A folder of its own for each test, removed at the end.
class ProxyConfigFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "gabion-config-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    fs::create_directory(folder_ / "policy");
    for (const char* file : {"tls.crt", "tls.key", "ca.crt"}) {
      write(file, "pem");
    }
    write("gabion.yaml", kGood);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, std::string_view text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  [[nodiscard]] std::string refusal() const {
    const auto config = load_proxy_config(folder_ / "gabion.yaml");
    std::string all;
    for (const Error& error : config ? Errors{} : config.error()) {
      all += (all.empty() ? "" : "\n") + error.to_string();
    }
    return all;
  }

  [[nodiscard]] std::string in_folder(const std::string& name) const { return (folder_ / name).string(); }

  fs::path folder_;
};

TEST_F(ProxyConfigFiles, AllThere) {
  const auto config = load_proxy_config(folder_ / "gabion.yaml");
  ASSERT_TRUE(config.has_value()) << refusal();
  EXPECT_EQ(config->file, folder_ / "gabion.yaml");
  EXPECT_EQ(config->identity.value().key, folder_ / "tls.key");
  EXPECT_EQ(config->policy_directory, folder_ / "policy");
  EXPECT_EQ(config->log.access, in_folder("access.log"));
  EXPECT_FALSE(fs::exists(folder_ / "access.log"));  // reading a configuration leaves nothing behind
}

TEST_F(ProxyConfigFiles, PathsAreAbsoluteEvenWhenTheFileIsNamedRelatively) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  const auto config = load_proxy_config("gabion.yaml");
  fs::current_path(before);
  ASSERT_TRUE(config.has_value());
  EXPECT_TRUE(config->file.is_absolute());
  EXPECT_TRUE(fs::equivalent(config->identity.value().key, folder_ / "tls.key"));
}

TEST_F(ProxyConfigFiles, MissingOnesAreAllNamed) {
  fs::remove(folder_ / "tls.key");
  fs::remove(folder_ / "policy");
  const std::string place = in_folder("gabion.yaml");
  EXPECT_EQ(refusal(), place + ":4: identity.key: " + in_folder("tls.key") + ": No such file or directory\n" + place +
                           ":6: policy.directory: " + in_folder("policy") + ": No such file or directory");
}

TEST_F(ProxyConfigFiles, OfTheWrongKind) {
  fs::remove(folder_ / "policy");
  write("policy", "");
  fs::remove(folder_ / "tls.crt");
  fs::create_directory(folder_ / "tls.crt");
  fs::remove(folder_ / "ca.crt");
  ASSERT_EQ(::mkfifo(in_folder("ca.crt").c_str(), 0600), 0);  // opening it would wait for ever
  const std::string place = in_folder("gabion.yaml");
  EXPECT_EQ(refusal(), place + ":4: identity.certificate: " + in_folder("tls.crt") + ": is not a file\n" + place +
                           ":4: identity.trustBundle: " + in_folder("ca.crt") + ": is not a file\n" + place +
                           ":6: policy.directory: " + in_folder("policy") + ": is not a directory");
}

TEST_F(ProxyConfigFiles, Unreadable) {
  if (::geteuid() == 0) {
    GTEST_SKIP() << "root may read everything";
  }
  fs::permissions(folder_ / "tls.key", fs::perms::none);
  EXPECT_EQ(refusal(),
            in_folder("gabion.yaml") + ":4: identity.key: " + in_folder("tls.key") + ": cannot be opened for reading");
}

TEST_F(ProxyConfigFiles, LogIntoAFolderThatIsNotThere) {
  write("gabion.yaml", std::string(kGood.substr(0, kGood.find("log:"))) + "log: {audit: logs/audit.json}\n");
  EXPECT_EQ(refusal(),
            in_folder("gabion.yaml") + ":7: log.audit: " + in_folder("logs") + ": No such file or directory");
}

TEST_F(ProxyConfigFiles, TheConfigurationItselfIsMissing) {
  fs::remove(folder_ / "gabion.yaml");
  EXPECT_EQ(refusal(), in_folder("gabion.yaml") + ": No such file or directory");
}

TEST_F(ProxyConfigFiles, TheConfigurationItselfIsAFolder) {
  fs::remove(folder_ / "gabion.yaml");
  fs::create_directory(folder_ / "gabion.yaml");
  EXPECT_EQ(refusal(), in_folder("gabion.yaml") + ": is not a file");
}

TEST_F(ProxyConfigFiles, TheConfigurationItselfIsTooLong) {
  write("gabion.yaml", std::string(kGood) + "#" + std::string(4U << 20U, '-'));
  EXPECT_EQ(refusal(), in_folder("gabion.yaml") + ":8: document of more than 4194304 bytes");
}

TEST_F(ProxyConfigFiles, DescriptorSetsAreReadAndCheckedWithTheRest) {
  write("gabion.yaml", std::string(kGood) + "inspection: {grpc: {descriptors: orders.binpb}}\n");
  EXPECT_NE(refusal().find("gabion.yaml:8: inspection.grpc.descriptors: " + in_folder("orders.binpb") +
                           ": No such file or directory"),
            std::string::npos)
      << refusal();
  write("orders.binpb", "syntax = \"proto3\";");
  EXPECT_NE(refusal().find("gabion.yaml:8: inspection.grpc.descriptors: " + in_folder("orders.binpb") +
                           ": is not a FileDescriptorSet"),
            std::string::npos)
      << refusal();
  write("orders.binpb", tests::OrderFile().bytes());
  const auto config = load_proxy_config(folder_ / "gabion.yaml");
  ASSERT_TRUE(config.has_value()) << refusal();
  ASSERT_NE(config->grpc.schema, nullptr);
  EXPECT_NE(config->grpc.schema->method("/shop.Orders/Place"), nullptr);
  write("gabion.yaml", std::string(kGood) + "inspection: {grpc: {descriptor: orders.binpb}}\n");
  EXPECT_NE(refusal().find("descriptor"), std::string::npos);
}

}  // namespace
}  // namespace gabion::config
