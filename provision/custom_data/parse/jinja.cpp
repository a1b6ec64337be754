#include "provision/custom_data/parse/jinja.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "provision/custom_data/parse/instance_variables.h"
#include "provision/custom_data/parse/jinja_expression.h"
#include "provision/custom_data/parse/shown_name.h"

namespace azl::provision::custom_data {

namespace {

constexpr std::string_view kSpace = " \t\r\n\v\f";
/// Collects secret text. Wipes each buffer that it grows out of.
class SecretText {
 public:
  /// Returns false, and leaves the text as it is, if it would be longer than kRenderedLimit.
  bool append(std::string_view text) {
    const auto size = text_.size() + text.size();
    if (size > kRenderedLimit) return false;
    if (size > text_.capacity()) {
      std::string grown;
      grown.reserve(std::max(size, 2 * text_.capacity()));
      grown += text_;
      const Secret wiped(std::exchange(text_, std::move(grown)));
    }
    text_ += text;
    return true;
  }
  Secret take() { return Secret(std::move(text_)); }

 private:
  std::string text_;
};

/// Gives places their lines and columns. Linear, if the offsets ascend.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}

  Place find(std::size_t offset) {
    for (auto end = text_.find('\n', start_); end < offset; end = text_.find('\n', start_)) {
      start_ = end + 1;
      ++line_;
    }
    return {"", line_, static_cast<int>(offset - start_) + 1};
  }

 private:
  std::string_view text_;
  std::size_t start_ = 0;
  int line_ = 1;
};

/// Returns where the text after the header starts. Returns nullopt if there is no header, or it is
/// for another kind of template. cloud-init ignores case and takes any white space.
std::optional<std::size_t> find_body(std::string_view text) {
  constexpr std::string_view kMark = "##";
  constexpr std::string_view kKey = "template:";
  const auto start = std::min(text.find_first_not_of(kSpace), text.size());
  const auto end = std::min(text.find('\n', start), text.size());
  const std::string line = lower(text.substr(start, end - start));
  if (!line.starts_with(kMark)) return std::nullopt;
  const auto rest = trim(std::string_view(line).substr(kMark.size()));
  if (!rest.starts_with(kKey) || trim(rest.substr(kKey.size())) != "jinja") return std::nullopt;
  return std::min(end + 1, text.size());
}

/// Renders the text after the header, from tag to tag. Stands at the end after a failure.
class Renderer {
 public:
  Renderer(std::string_view text, std::size_t body, const nlohmann::json& variables)
      : whole_(text),
        text_(text),
        at_(body),
        source_lines_(text),
        context_{.variables = &variables,
                 .work_left = kTemplateWork,
                 .undefined_left = kTemplateRemarks} {}

  std::expected<RenderedTemplate, TemplateFailure> render();

 private:
  bool cut_last_line_end();
  void render_data();
  void render_tag();
  void render_expression();
  void skip_comment();
  void render_statement();
  void render_raw(std::size_t tag);
  bool take_raw_end();
  /// Writes text that comes from an offset in the template.
  void write(std::string_view text, std::size_t offset, bool is_data);
  void write_data(std::string_view data);

  void skip_space();
  void skip_line_end();
  bool take(std::string_view expected);
  char take_sign();
  [[nodiscard]] std::size_t find_tag() const;

  void fail(std::size_t offset, std::string text, std::string advice);
  [[nodiscard]] TemplateFailure make_failure() const;
  Remarks make_remarks();

  std::string_view whole_;
  std::string_view text_;  ///< without the last line end
  std::size_t at_;
  Lines source_lines_;
  JinjaContext context_;
  SecretText out_ = {};
  LineMap lines_ = {};
  std::optional<ExpressionFailure> failure_ = {};
};

std::expected<RenderedTemplate, TemplateFailure> Renderer::render() {
  const bool line_end = cut_last_line_end();
  while (at_ < text_.size()) {
    render_data();
    if (at_ < text_.size()) render_tag();
  }
  if (line_end) write("\n", text_.size(), true);
  if (failure_) return std::unexpected(make_failure());
  return RenderedTemplate{out_.take(), make_remarks(), std::move(lines_)};
}

/// Jinja removes the last line end, and cloud-init appends LF if there was one. So a tag before it
/// never removes it. Returns whether cloud-init appends it: it does not after a lone CR.
bool Renderer::cut_last_line_end() {
  if (at_ == text_.size()) return false;
  const bool line_feed = text_.ends_with('\n');
  if (line_feed) text_.remove_suffix(1);
  if (at_ < text_.size() && text_.ends_with('\r')) text_.remove_suffix(1);
  return line_feed;
}

/// Writes what stands before the next tag, without the white space that the tag removes.
void Renderer::render_data() {
  const auto tag = find_tag();
  auto data = text_.substr(at_, tag - at_);
  const bool strip = text_.substr(tag).size() > 2 && text_[tag + 2] == '-';
  if (strip) data = data.substr(0, data.find_last_not_of(kSpace) + 1);
  write_data(data);
  if (!failure_) at_ = tag;
}

void Renderer::render_tag() {
  switch (text_[at_ + 1]) {
    case '{':
      return render_expression();
    case '#':
      return skip_comment();
    default:
      return render_statement();
  }
}

void Renderer::render_expression() {
  const auto tag = at_;
  at_ += 2;
  take_sign();
  auto result = evaluate_expression(text_, at_, context_);
  if (!result) {
    auto& failure = result.error();
    return fail(failure.offset, std::move(failure.text), std::move(failure.advice));
  }
  at_ = tag;
  write(result->text, tag, false);
  if (failure_) return;
  at_ = result->end;
  if (result->strip) skip_space();
}

void Renderer::skip_comment() {
  const auto tag = at_;
  at_ += 2;
  take_sign();
  const auto end = text_.find("#}", at_);
  if (end == std::string_view::npos) {
    return fail(tag, R"("{#" starts a comment, which has no end)",
                R"(put "${#" and the like between {% raw %} and {% endraw %})");
  }
  const char sign = end > at_ ? text_[end - 1] : ' ';
  at_ = end + 2;
  if (sign == '-')
    skip_space();
  else if (sign != '+')
    skip_line_end();
}

void Renderer::render_statement() {
  const auto tag = at_;
  at_ += 2;
  take_sign();
  skip_space();
  const auto rest = text_.substr(at_);
  const auto word = rest.substr(0, rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"));
  at_ += word.size();
  skip_space();
  const bool strip = take("-%}");
  if (word == "raw" && (strip || take("%}"))) {
    if (strip) skip_space();
    return render_raw(tag);
  }
  fail(tag,
       "the statement {% " + printable(word) + " %} is not supported; only expressions {{ }} are",
       "decide in a shell script, which can use the values of expressions");
}

/// Writes what stands up to endraw as it is.
void Renderer::render_raw(std::size_t tag) {
  const auto begin = at_;
  for (auto end = text_.find("{%", at_); end != std::string_view::npos;
       end = text_.find("{%", end + 2)) {
    at_ = end + 2;
    const char sign = take_sign();
    if (!take_raw_end()) continue;
    auto data = text_.substr(begin, end - begin);
    if (sign == '-') data = data.substr(0, data.find_last_not_of(kSpace) + 1);
    return write_data(data);
  }
  fail(tag, "{% raw %} has no {% endraw %}", "");
}

/// Takes the rest of a tag with endraw, and the white space that it removes.
bool Renderer::take_raw_end() {
  skip_space();
  if (!take("endraw")) return false;
  skip_space();
  if (take("+%}")) return true;
  if (take("-%}")) {
    skip_space();
    return true;
  }
  if (!take("%}")) return false;
  skip_line_end();
  return true;
}

void Renderer::write(std::string_view text, std::size_t offset, bool is_data) {
  if (failure_) return;
  if (!out_.append(text)) return fail(at_, "the template renders to more than 8 MiB", "");
  lines_.add(text, source_lines_.find(offset).line, is_data);
}
static_assert(kRenderedLimit == std::size_t{8} << 20);

/// Writes text of the template. Its line ends become LF.
void Renderer::write_data(std::string_view data) {
  while (!data.empty()) {
    const auto end = std::min(data.find('\r'), data.size());
    const auto offset = static_cast<std::size_t>(data.data() - whole_.data());
    write(data.substr(0, end), offset, true);
    if (end == data.size()) return;
    write("\n", offset + end, true);
    data.remove_prefix(data.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
}

void Renderer::skip_space() { at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size()); }

void Renderer::skip_line_end() {
  if (!take("\r\n") && !take("\n")) take("\r");
}

bool Renderer::take(std::string_view expected) {
  const bool taken = text_.substr(at_).starts_with(expected);
  if (taken) at_ += expected.size();
  return taken;
}

/// Takes the sign after the start of a tag: '-', '+' or none, which is a space.
char Renderer::take_sign() {
  if (take("-")) return '-';
  return take("+") ? '+' : ' ';
}

/// Returns the offset of the next tag, or the size of the text if no tag follows.
std::size_t Renderer::find_tag() const {
  for (auto tag = text_.find('{', at_); tag < text_.size(); tag = text_.find('{', tag + 1)) {
    const auto next = text_.substr(tag + 1, 1);
    if (next == "{" || next == "%" || next == "#") return tag;
  }
  return text_.size();
}

void Renderer::fail(std::size_t offset, std::string text, std::string advice) {
  if (!failure_) failure_ = {offset, std::move(text), std::move(advice)};
  at_ = text_.size();
}

TemplateFailure Renderer::make_failure() const {
  const auto place = Lines(whole_).find(failure_->offset);
  return {place.line, place.column, failure_->text, failure_->advice};
}

std::string describe_undefined(const UndefinedVariable& variable) {
  constexpr std::size_t kLongest = 80;
  std::string text = printable(variable.path, kLongest, Quotes::kKept);
  text += is_left_out_variable(variable.path) ? " is a variable of cloud-init that is left out here"
                                              : " is undefined";
  if (variable.placeholder.empty()) return text;
  const auto name = variable.placeholder.find('/') + 1;
  const auto shown = is_shown_name(std::string_view(variable.placeholder).substr(name))
                         ? variable.placeholder
                         : variable.placeholder.substr(0, name) + "…";
  return text + ", so that " + shown + " takes its place";
}

Remarks Renderer::make_remarks() {
  Remarks remarks;
  Lines lines(whole_);
  std::ranges::sort(context_.undefined, {}, &UndefinedVariable::offset);
  for (const auto& variable : context_.undefined) {
    remarks.push_back({.rule = "undefined-variable",
                       .place = lines.find(variable.offset),
                       .text = describe_undefined(variable),
                       .advice = variable.meant.empty()
                                     ? R"(add a value for this case: | default("…"))"
                                     : "did you mean " + printable(variable.meant) + "?"});
  }
  if (context_.undefined_lost)
    remarks.push_back({.rule = "undefined-variable",
                       .place = {},
                       .text = "more variables are undefined than are listed"});
  return remarks;
}

}  // namespace

std::expected<RenderedTemplate, TemplateFailure> render_jinja(std::string_view text,
                                                              const nlohmann::json& variables) {
  const auto body = find_body(text);
  if (!body) {
    return std::unexpected(TemplateFailure{1, 1, "the text has no header of a Jinja template",
                                           "start it with the line \"## template: jinja\""});
  }
  return Renderer(text, *body, variables).render();
}

}  // namespace azl::provision::custom_data
