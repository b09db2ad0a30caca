// Offers and answers of permessage-deflate: what is understood, what is passed on, what an answer may say.
#include "proxy/protocol/websocket/deflate_terms.h"

#include <gtest/gtest.h>

namespace gabion::proxy::websocket {
namespace {

struct OfferCase {
  std::string name;
  std::string field;
  std::optional<std::string> passed_on;  ///< none: malformed
};

class Offers : public ::testing::TestWithParam<OfferCase> {};

TEST_P(Offers, ArePassedOnAsFarAsTheyAreUnderstood) {
  const auto offers = read_offers({GetParam().field});
  ASSERT_EQ(offers.has_value(), GetParam().passed_on.has_value());
  if (offers) {
    EXPECT_EQ(to_field(*offers), *GetParam().passed_on);
    EXPECT_EQ(read_offers({to_field(*offers)}), offers);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Fields, Offers,
    ::testing::Values(
        OfferCase{"None", "", ""}, OfferCase{"Plain", "permessage-deflate", "permessage-deflate"},
        OfferCase{"Spelling", " PerMessage-Deflate ;client_max_window_bits",
                  "permessage-deflate; client_max_window_bits"},
        OfferCase{"All",
                  "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
                  "server_max_window_bits=\"8\"; client_max_window_bits=15",
                  "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
                  "server_max_window_bits=8; client_max_window_bits=15"},
        OfferCase{"OthersAreLeftOut", "x-a, permessage-deflate, x-b; c=\"d\"", "permessage-deflate"},
        OfferCase{"UnknownParameter", "permessage-deflate; x=1, permessage-deflate", "permessage-deflate"},
        OfferCase{"Twice", "permessage-deflate; server_no_context_takeover; server_no_context_takeover", ""},
        OfferCase{"FlagWithValue", "permessage-deflate; server_no_context_takeover=1", ""},
        OfferCase{"WindowOf7", "permessage-deflate; server_max_window_bits=7", ""},
        OfferCase{"WindowOf16", "permessage-deflate; client_max_window_bits=16", ""},
        OfferCase{"WindowWithZero", "permessage-deflate; client_max_window_bits=09", ""},
        OfferCase{"ServerWindowWithoutValue", "permessage-deflate; server_max_window_bits", ""},
        OfferCase{"NoToken", "permessage deflate", std::nullopt}, OfferCase{"NoName", "; a", std::nullopt},
        OfferCase{"NoValue", "a; b=", std::nullopt}, OfferCase{"OpenQuote", "a; b=\"c", std::nullopt}),
    [](const auto& tested) { return tested.param.name; });

struct AnswerCase {
  std::string name;
  std::string offered;
  std::string answer;
  bool ok;
  std::optional<DeflateTerms> terms = {};
};

class Answers : public ::testing::TestWithParam<AnswerCase> {};

TEST_P(Answers, MustFitAnOffer) {
  const auto offers = read_offers({GetParam().offered});
  ASSERT_TRUE(offers);
  const auto answer = read_answer({GetParam().answer}, *offers);
  EXPECT_EQ(answer.ok, GetParam().ok);
  EXPECT_EQ(answer.terms, GetParam().terms);
}

const std::string kPlain = "permessage-deflate";

INSTANTIATE_TEST_SUITE_P(
    Fields, Answers,
    ::testing::Values(
        AnswerCase{"NothingOfSomething", kPlain, "", true}, AnswerCase{"NothingOfNothing", "", "", true},
        AnswerCase{"SomethingOfNothing", "", kPlain, false},
        AnswerCase{"Accepted", kPlain, kPlain, true, DeflateTerms{}},
        AnswerCase{"TwoExtensions", kPlain, kPlain + ", " + kPlain, false},
        AnswerCase{"UnknownExtension", kPlain, "x-hole", false},
        AnswerCase{"UnknownParameter", kPlain, kPlain + "; x", false},
        AnswerCase{"ServerMayRestrictItself", kPlain, kPlain + "; server_no_context_takeover; server_max_window_bits=9",
                   true, DeflateTerms{true, false, 9, 15}},
        AnswerCase{"ServerMayAskTheClient", kPlain, kPlain + "; client_no_context_takeover", true,
                   DeflateTerms{false, true, 15, 15}},
        AnswerCase{"ClientWindowNotOffered", kPlain, kPlain + "; client_max_window_bits=10", false},
        AnswerCase{"ClientWindow", kPlain + "; client_max_window_bits", kPlain + "; client_max_window_bits=10", true,
                   DeflateTerms{false, false, 15, 10}},
        AnswerCase{"ClientWindowLarger", kPlain + "; client_max_window_bits=10", kPlain + "; client_max_window_bits=11",
                   false},
        AnswerCase{"ClientWindowWithoutValue", kPlain + "; client_max_window_bits", kPlain + "; client_max_window_bits",
                   false},
        AnswerCase{"ServerWindowIgnored", kPlain + "; server_max_window_bits=10", kPlain, false},
        AnswerCase{"ServerWindowLarger", kPlain + "; server_max_window_bits=10", kPlain + "; server_max_window_bits=12",
                   false},
        AnswerCase{"TakeoverIgnored", kPlain + "; server_no_context_takeover", kPlain, false},
        AnswerCase{"SecondOffer", kPlain + "; server_max_window_bits=10, " + kPlain, kPlain, true, DeflateTerms{}}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace gabion::proxy::websocket
