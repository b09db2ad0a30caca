// Taxpayer and identity numbers of Brazil, Argentina, Chile and Colombia.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// Receita Federal, CPF: eleven digits, two check digits mod 11, not one repeated digit.
[[nodiscard]] bool is_br_cpf(std::string_view digits) noexcept;

/// Receita Federal, CNPJ, Instrução Normativa 2.229/2024: twelve letters or digits valued (ASCII − 48) and two check
/// digits mod 11; numbers of digits only are the older form. Not one repeated digit.
[[nodiscard]] bool is_br_cnpj(std::string_view cleaned) noexcept;

/// AFIP, Resolución General 10/97, CUIT and CUIL: a type (20, 23-27, 30, 33, 34, 50, 51, 55), eight digits, mod 11.
[[nodiscard]] bool is_ar_cuit(std::string_view digits) noexcept;

/// Servicio de Registro Civil, RUT: seven or eight digits and a mod 11 character, K for ten.
[[nodiscard]] bool is_cl_rut(std::string_view cleaned) noexcept;

/// DIAN, Orden Administrativa 4 de 1989, NIT: 8 to 16 digits, the last a mod 11 digit over prime weights.
[[nodiscard]] bool is_co_nit(std::string_view digits) noexcept;

}  // namespace gabion::inspect::dlp
