// gRPC methods are paths: `/package.Service/Method`, always POST.
#include <gtest/gtest.h>

#include "tests/inspect/policy/l7_cluster.h"

namespace gabion::inspect::policy {
namespace {

TEST(GrpcMethods, AreMatchedByEveryKindOfPath) {
  struct Row {
    const char* item;
    const char* method;
    const char* path;
    bool matches;
  };
  const Row rows[] = {
      {"{methods: [POST], paths: [{exact: /shop.Orders/Place}]}", "POST", "/shop.Orders/Place", true},
      {"{methods: [POST], paths: [{exact: /shop.Orders/Place}]}", "POST", "/shop.Orders/place", false},
      {"{methods: [POST], paths: [{exact: /shop.Orders/Place}]}", "POST", "/shop.Orders/Places", false},
      {"{methods: [POST], paths: [{exact: /shop.Orders/Place}]}", "POST", "/shop.Orders/Place/", false},
      {"{methods: [POST], paths: [{exact: /shop.Orders/Place}]}", "POST", "/shop.v1.Orders/Place", false},
      {"{methods: [POST], paths: [{exact: /shop.Orders/Place}]}", "GET", "/shop.Orders/Place", false},
      {"{paths: [{exact: /shop.Orders/Place}]}", "POST", "/shop.Orders/%50lace", true},
      {"{paths: [{prefix: /shop.Orders}]}", "POST", "/shop.Orders/Cancel", true},
      {"{paths: [{prefix: /shop.Orders}]}", "POST", "/shop.OrdersAdmin/Cancel", false},
      {"{paths: [{prefix: /shop}]}", "POST", "/shop.Orders/Place", false},
      {"{paths: [{template: '/shop.Orders/{*}'}]}", "POST", "/shop.Orders/Place", true},
      {"{paths: [{template: '/shop.Orders/{*}'}]}", "POST", "/shop.Orders/Place/x", false},
      {"{paths: [{template: '/{*}/Check'}]}", "POST", "/grpc.health.v1.Health/Check", true},
      {"{paths: [{template: '/{*}/Check'}]}", "POST", "/grpc.health.v1.Health/Watch", false},
      {"{paths: [{regex: '/shop[.][A-Za-z]+/Get[A-Za-z]*'}]}", "POST", "/shop.Orders/GetAll", true},
      {"{paths: [{regex: '/shop[.][A-Za-z]+/Get[A-Za-z]*'}]}", "POST", "/shop.Orders/Place", false},
      {"{methods: [POST], headers: [{name: content-type, prefix: application/grpc}]}", "POST", "/shop.Orders/Place",
       true}};
  for (const Row& row : rows) {
    Request request{.method = row.method, .path = row.path};
    request.fields = {{"content-type", "application/grpc+proto"}};
    auto allow = allowing(row.item);
    EXPECT_EQ(judge(allow, request).allowed(), row.matches) << row.item << " " << row.method << " " << row.path;
    auto deny = denying(row.item);
    EXPECT_EQ(judge(deny, request).allowed(), !row.matches) << row.item << " " << row.method << " " << row.path;
  }
}

}  // namespace
}  // namespace gabion::inspect::policy
