// A small tree of files for one test, removed when the test ends.
//
//   azl::test::TemporaryTree tree;
//   tree.write("etc/hostname", "web-1\n").symlink("/etc", "link");
//   auto root = azl::Root::open(tree.path());
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <stdlib.h>

namespace azl::test {

/// A directory in /tmp. Names are relative to it and may start with "/". Errors throw, so that a
/// test without its set-up fails.
class TemporaryTree {
 public:
  TemporaryTree() {
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp failed: " + path_);
  }
  ~TemporaryTree() {
    std::error_code ignored;  // at worst, a directory remains in /tmp
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryTree(const TemporaryTree&) = delete;
  TemporaryTree& operator=(const TemporaryTree&) = delete;

  /// Returns the absolute path of the tree.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Returns the absolute path of a name. Does not resolve symbolic links.
  [[nodiscard]] std::string path(std::string_view name) const {
    while (name.starts_with('/')) name.remove_prefix(1);
    return path_ + "/" + std::string(name);
  }

  /// Makes a file and its missing parents.
  TemporaryTree& write(std::string_view name, std::string_view content) {
    make_parent(name);
    std::ofstream file(path(name), std::ios::binary | std::ios::trunc);
    file << content;
    if (!file.flush()) throw std::runtime_error("cannot write " + path(name));
    return *this;
  }
  /// Makes a directory and its missing parents.
  TemporaryTree& mkdir(std::string_view name) {
    std::filesystem::create_directories(path(name));
    return *this;
  }
  /// Makes a symbolic link to `target` at `name`, and its missing parents.
  TemporaryTree& symlink(std::string_view target, std::string_view name) {
    make_parent(name);
    std::filesystem::create_symlink(target, path(name));
    return *this;
  }

  /// Returns the content of a file.
  [[nodiscard]] std::string read(std::string_view name) const {
    std::ifstream file(path(name), std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path(name));
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  /// Returns whether the name exists, also as a dangling link.
  [[nodiscard]] bool exists(std::string_view name) const {
    return std::filesystem::symlink_status(path(name)).type() !=
           std::filesystem::file_type::not_found;
  }

 private:
  void make_parent(std::string_view name) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
  }

  std::string path_ = "/tmp/azl-test-XXXXXX";
};

}  // namespace azl::test
