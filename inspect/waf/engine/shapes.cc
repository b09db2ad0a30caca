// The table of variables and their places.
#include "inspect/waf/engine/shapes.h"

#include <array>

namespace gabion::inspect::waf::engine {
namespace {

using seclang::Variable;
using Form = Shape::Form;
using Part = Shape::Part;

constexpr auto make_shapes() {
  std::array<Shape, kVariables> shapes{};
  const auto set = [&](Variable variable, Form form, List list = List::kArgs, Part part = Part::kWhole) {
    shapes[static_cast<std::size_t>(variable)] = {form, list, part};
  };
  set(Variable::kArgs, Form::kItems);
  set(Variable::kArgsNames, Form::kNames);
  set(Variable::kArgsGet, Form::kItems, List::kArgs, Part::kQuery);
  set(Variable::kArgsGetNames, Form::kNames, List::kArgs, Part::kQuery);
  set(Variable::kArgsPost, Form::kItems, List::kArgs, Part::kBody);
  set(Variable::kArgsPostNames, Form::kNames, List::kArgs, Part::kBody);
  set(Variable::kRequestCookies, Form::kItems, List::kCookies);
  set(Variable::kRequestCookiesNames, Form::kNames, List::kCookies);
  set(Variable::kRequestHeaders, Form::kItems, List::kRequestHeaders);
  set(Variable::kRequestHeadersNames, Form::kNames, List::kRequestHeaders);
  set(Variable::kResponseHeaders, Form::kItems, List::kResponseHeaders);
  set(Variable::kResponseHeadersNames, Form::kNames, List::kResponseHeaders);
  set(Variable::kFiles, Form::kItems, List::kFiles);
  set(Variable::kFilesNames, Form::kNames, List::kFiles);
  set(Variable::kFilesSizes, Form::kItems, List::kFilesSizes);
  set(Variable::kFilesTmpNames, Form::kItems, List::kFilesTmpNames);
  set(Variable::kMultipartFilename, Form::kItems, List::kMultipartFilename);
  set(Variable::kMultipartName, Form::kItems, List::kMultipartName);
  set(Variable::kMultipartPartHeaders, Form::kItems, List::kPartHeaders);
  set(Variable::kXml, Form::kXml);
  set(Variable::kTx, Form::kTx);
  for (const auto variable :
       {Variable::kIp, Variable::kGlobal, Variable::kSession, Variable::kUser, Variable::kResource}) {
    set(variable, Form::kPersistent);
  }
  for (const auto variable :
       {Variable::kMatchedVar, Variable::kMatchedVarName, Variable::kMatchedVars, Variable::kMatchedVarsNames}) {
    set(variable, Form::kMatched);
  }
  for (const auto variable :
       {Variable::kDuration, Variable::kTime, Variable::kTimeEpoch, Variable::kTimeHour, Variable::kTimeMin,
        Variable::kTimeSec, Variable::kTimeDay, Variable::kTimeMon, Variable::kTimeWday, Variable::kTimeYear}) {
    set(variable, Form::kComputed);
  }
  set(Variable::kRule, Form::kRule);
  for (const auto variable : {Variable::kEnv, Variable::kGeo, Variable::kWebserverErrorLog}) {
    set(variable, Form::kNothing);
  }
  return shapes;
}

constexpr auto kShapes = make_shapes();

}  // namespace

Shape shape_of(Variable variable) noexcept {
  return kShapes[static_cast<std::size_t>(variable)];
}

bool is_collection(Variable variable) noexcept {
  switch (shape_of(variable).form) {
    case Form::kItems:
    case Form::kNames:
    case Form::kTx:
    case Form::kPersistent:
      return true;
    case Form::kSingle:
    case Form::kXml:
    case Form::kMatched:
    case Form::kComputed:
    case Form::kRule:
    case Form::kNothing:
      return false;
  }
  return false;
}

}  // namespace gabion::inspect::waf::engine
