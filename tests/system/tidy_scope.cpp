// A plugin for clang-tidy that limits its checks to the project's own code.
//
// Without it, clang-tidy 19 runs each check over each declaration of the system's headers, and
// drops what it finds there. That takes four fifths of its time. From version 21 on, clang-tidy
// does this itself.

#include <memory>
#include <string>
#include <vector>

#include <clang/AST/ASTConsumer.h>
#include <clang/AST/ASTContext.h>
#include <clang/AST/Decl.h>
#include <clang/Basic/SourceManager.h>
#include <clang/Frontend/FrontendPluginRegistry.h>

namespace {

class NarrowScope final : public clang::ASTConsumer {
 public:
  void HandleTranslationUnit(clang::ASTContext& context) override {
    const auto& sources = context.getSourceManager();
    std::vector<clang::Decl*> own;
    for (auto* declaration : context.getTranslationUnitDecl()->decls()) {
      if (!sources.isInSystemHeader(declaration->getLocation())) own.push_back(declaration);
    }
    context.setTraversalScope(own);
  }
};

class NarrowScopeAction final : public clang::PluginASTAction {
 public:
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance& /*compiler*/,
                                                        llvm::StringRef /*file*/) override {
    return std::make_unique<NarrowScope>();
  }
  bool ParseArgs(const clang::CompilerInstance& /*compiler*/,
                 const std::vector<std::string>& /*arguments*/) override {
    return true;
  }
  /// The main action runs the checks.
  ActionType getActionType() override { return AddBeforeMainAction; }
};

const clang::FrontendPluginRegistry::Add<NarrowScopeAction> kRegistration(
    "tidy-scope", "limits the checks to code outside the system's headers");

}  // namespace
