// Look-ups by name and by dialled address; the index is made in index_builder.cc.
#include "config/services/service_index.h"

namespace gabion::config::services {

bool ServiceTarget::is(const ServicePortName& name) const noexcept {
  return service == name.service && (name.name.empty() ? port == name.number : port_name == name.name);
}

std::string ServiceTarget::to_string() const {
  return service.to_string() + ":" + (port_name.empty() ? std::to_string(port) : port_name);
}

std::string ServicePortName::to_string() const {
  return service.to_string() + ":" + (name.empty() ? std::to_string(number) : name);
}

const ServiceIndex::ByFamily* ServiceIndex::families(const ServicePortName& name) const noexcept {
  const auto service = by_name_.find(name.service);
  if (service == by_name_.end()) {
    return nullptr;
  }
  if (name.name.empty()) {
    const auto found = service->second.numbers.find(name.number);
    return found == service->second.numbers.end() ? nullptr : &found->second;
  }
  const auto found = service->second.names.find(name.name);
  return found == service->second.names.end() ? nullptr : &found->second;
}

const ServiceTarget* ServiceIndex::find(const ServicePortName& name) const noexcept {
  const ByFamily* found = families(name);
  return found == nullptr ? nullptr : found->first;
}

const ServiceTarget* ServiceIndex::find(const ServicePortName& name, bool is_v4) const noexcept {
  const ByFamily* found = families(name);
  if (found == nullptr) {
    return nullptr;
  }
  return found->first_is_v4 == is_v4 ? found->first : found->second;
}

const ServiceTarget* ServiceIndex::at(const Endpoint& dialled) const noexcept {
  const auto found = by_address_.find(dialled);
  return found == by_address_.end() ? nullptr : found->second;
}

}  // namespace gabion::config::services
