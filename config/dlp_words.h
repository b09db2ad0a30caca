// The vocabularies of `inspection.dlp`.
#pragma once

#include "config/config_field.h"
#include "config/dlp_config.h"

namespace gabion::config {

inline constexpr Word<DlpAction> kDlpActionWords[] = {
    {"log", DlpAction::kLog},     {"mask", DlpAction::kMask},           {"replace", DlpAction::kReplace},
    {"token", DlpAction::kToken}, {"dropField", DlpAction::kDropField}, {"block", DlpAction::kBlock}};
inline constexpr Word<DlpDirection> kDlpDirectionWords[] = {
    {"request", DlpDirection::kRequest}, {"response", DlpDirection::kResponse}, {"both", DlpDirection::kBoth}};
inline constexpr Word<TokenLength> kTokenLengthWords[] = {{"own", TokenLength::kOwn}, {"same", TokenLength::kSame}};

}  // namespace gabion::config
