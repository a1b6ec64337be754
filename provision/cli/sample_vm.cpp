#include "provision/cli/sample_vm.h"

#include <nlohmann/json.hpp>

#include "provision/custom_data/parse/instance_variables.h"

namespace azl::provision {

nlohmann::json make_sample_variables() {
  custom_data::InstanceFacts facts{.instance_id = "6b3e1c52-0f3a-4f0c-9d8e-2a7c51d0e4f1",
                                   .host_name = "sample-vm",
                                   .seed = "/dev/sr0",
                                   .os = {.id = "azurelinux",
                                          .version_id = "3.0",
                                          .version = "3.0",
                                          .pretty_name = "Microsoft Azure Linux 3.0"},
                                   .kernel_release = "6.6.57.1-2.azl3",
                                   .kernel_version = "#1 SMP",
                                   .machine = "x86_64"};
  facts.system_platform =
      custom_data::describe_system_platform(facts.kernel_release, facts.machine, "2.38");
  facts.imds = {{"compute",
                 {{"azEnvironment", "AzurePublicCloud"},
                  {"location", "westeurope"},
                  {"name", "sample-vm"},
                  {"offer", ""},
                  {"osType", "Linux"},
                  {"platformFaultDomain", "0"},
                  {"platformUpdateDomain", "0"},
                  {"resourceGroupName", "sample-group"},
                  {"resourceId",
                   "/subscriptions/7f2d9a30-5c41-4e8b-8a66-1b0f3c9d2e75/resourceGroups/"
                   "sample-group/providers/"
                   "Microsoft.Compute/virtualMachines/sample-vm"},
                  {"subscriptionId", "7f2d9a30-5c41-4e8b-8a66-1b0f3c9d2e75"},
                  {"tags", ""},
                  {"tagsList", nlohmann::json::array()},
                  {"vmId", facts.instance_id},
                  {"vmScaleSetName", ""},
                  {"vmSize", "Standard_D2s_v5"},
                  {"zone", "1"}}},
                {"network",
                 {{"interface",
                   {{{"ipv4",
                      {{"ipAddress", {{{"privateIpAddress", "10.0.0.4"}, {"publicIpAddress", ""}}}},
                       {"subnet", {{{"address", "10.0.0.0"}, {"prefix", "24"}}}}}},
                     {"ipv6", {{"ipAddress", nlohmann::json::array()}}},
                     {"macAddress", "000D3A123456"}}}}}}};
  return custom_data::make_instance_variables(facts);
}

}  // namespace azl::provision
