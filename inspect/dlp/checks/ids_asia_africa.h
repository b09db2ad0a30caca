// Identity numbers of people in Asia, Africa and Turkey.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// UIDAI, Aadhaar: twelve digits, Verhoeff, the first 2 to 9, not a palindrome.
[[nodiscard]] bool is_in_aadhaar(std::string_view digits) noexcept;

/// Income Tax Department of India, PAN: five letters, four digits (not 0000), a letter; the fourth letter is a class of
/// holder (A B C E F G H J K L P T). The last letter's rule is not published.
[[nodiscard]] bool is_in_pan(std::string_view cleaned) noexcept;

/// GB 11643-1999: province, date, sequence, MOD 11-2 (ISO/IEC 7064) with X for ten. 18 characters.
[[nodiscard]] bool is_cn_resident_id(std::string_view cleaned) noexcept;

/// Ministry of the Interior and Safety, resident registration number: 13 digits, a date whose century is in the seventh
/// (1 to 4). Proves the date only: numbers issued since 10/2020 are random behind it.
[[nodiscard]] bool is_kr_rrn(std::string_view digits) noexcept;
/// The older rule on top: weights 2 to 9, 2 to 5, mod 11.
[[nodiscard]] bool is_kr_rrn_with_checksum(std::string_view digits) noexcept;
/// Ministry of Justice, foreigner registration number: as is_kr_rrn() with 5 to 8.
[[nodiscard]] bool is_kr_frn(std::string_view digits) noexcept;

/// Department of Provincial Administration of Thailand: 13 digits, the first 1 to 8, then a province
/// (10 to 96), weights 13 to 2, mod 11.
[[nodiscard]] bool is_th_id(std::string_view digits) noexcept;

/// Immigration & Checkpoints Authority of Singapore, NRIC and FIN: S T F G M, seven digits, a letter.
[[nodiscard]] bool is_sg_nric(std::string_view cleaned) noexcept;

/// Nüfus ve Vatandaşlık İşleri, T.C. kimlik no: eleven digits, the first not 0, two check digits.
[[nodiscard]] bool is_tr_id(std::string_view digits) noexcept;

/// Population Authority of Israel, mispar zehut: nine digits (shorter ones are written with zeros), Luhn, not zeros.
[[nodiscard]] bool is_il_id(std::string_view digits) noexcept;

/// Department of Home Affairs of South Africa: date, sequence, citizen (0), resident (1) or refugee (2), Luhn.
/// 13 digits.
[[nodiscard]] bool is_za_id(std::string_view digits) noexcept;

}  // namespace gabion::inspect::dlp
