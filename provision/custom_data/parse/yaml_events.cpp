#include "provision/custom_data/parse/yaml_events.h"

#include <algorithm>
#include <exception>
#include <istream>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "provision/custom_data/parse/yaml_mistake.h"
#include "provision/custom_data/parse/yaml_source.h"
#include "provision/custom_data/parse/yaml_text.h"

namespace azl::provision::custom_data {
namespace {

/// Records the events of yaml-cpp. Throws YamlStop where the text is refused.
class Recorder final : public YAML::EventHandler {
 public:
  Recorder(std::string_view text, YamlSource& source) : text_(text), source_(source) {}

  YamlEvents take() { return std::move(events_); }
  [[nodiscard]] std::size_t last() const { return last_; }
  /// The offset of the innermost open list or map if it is one in brackets.
  [[nodiscard]] std::optional<std::size_t> bracket() const {
    if (stack_.empty() || stack_.back().block) return {};
    return stack_.back().at;
  }

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(YamlEvent::Kind::kList, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(YamlEvent::Kind::kMap, mark, tag, anchor, style);
  }
  void OnMapEnd() override { close(); }
  void OnAnchor(const YAML::Mark& mark, const std::string& name) override;

 private:
  /// An open list or map.
  struct Frame {
    std::size_t event;
    YAML::anchor_t anchor;
    std::size_t at;            ///< its offset in the text
    int column;                ///< from 1
    bool block;                ///< without brackets
    std::size_t nodes_before;  ///< nodes_ when it started
    std::size_t bytes_before;  ///< bytes_ when it started
    std::size_t deepest;       ///< the depth of its deepest value
    std::size_t values = 0;    ///< how many it has so far; of a map, keys count too
    std::size_t last_key = 0;  ///< the offset of a map's last key
  };
  /// A value with an anchor, and what it counts for.
  struct Anchored {
    std::size_t event = 0;
    std::size_t nodes = 0;  ///< 0 while it is open
    std::size_t bytes = 0;
    std::size_t height = 0;
  };

  [[noreturn]] void stop(std::size_t at, YamlFailure failure) const;
  [[nodiscard]] YamlTag find_tag(const YAML::Mark& mark, const std::string& name) const;
  [[nodiscard]] bool is_key_next() const;
  [[nodiscard]] std::optional<std::size_t> outermost_bracket() const;
  [[nodiscard]] bool is_value_without_colon(const YAML::Mark& mark) const;
  void check_written(const YAML::Mark& mark) const;
  void check_column(const YAML::Mark& mark) const;
  [[nodiscard]] YamlPlace find_null_place(const YAML::Mark& mark) const;
  void count(const YAML::Mark& mark, std::size_t nodes, std::size_t bytes, std::size_t height);
  void record(const YAML::Mark& mark, YamlEvent event);
  void record_scalar(const YAML::Mark& mark, YAML::anchor_t anchor, YamlEvent event);
  void open(YamlEvent::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor, YAML::EmitterStyle::value style);
  void close();
  Anchored& anchored(YAML::anchor_t anchor);

  std::string_view text_;
  YamlSource& source_;
  YamlEvents events_;
  std::vector<Frame> stack_;
  std::vector<Anchored> anchors_;  ///< by yaml-cpp's numbers
  std::set<std::string> anchor_names_;
  std::size_t nodes_ = 0;  ///< after aliases were replaced
  std::size_t bytes_ = 0;
  std::size_t last_ = 0;
  int documents_ = 0;
};

std::size_t offset_of(const YAML::Mark& mark) {
  return mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos);
}

/// Whether the tag "!" stands at an offset, maybe after an anchor. yaml-cpp gives quoted text the
/// same tag.
bool is_exclaimed(std::string_view text, std::size_t at) {
  auto rest = text.substr(std::min(at, text.size()));
  if (rest.starts_with('&')) {
    rest.remove_prefix(std::min(rest.find_first_of(" \n"), rest.size()));
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  }
  return rest.starts_with('!');
}

void Recorder::stop(std::size_t at, YamlFailure failure) const {
  const auto place = find_place(text_, at);
  failure.line = place.line;
  failure.column = place.column;
  throw YamlStop{std::move(failure)};
}

/// yaml-cpp also calls whatever follows the root a document. Ends of documents may be repeated.
void Recorder::OnDocumentStart(const YAML::Mark& mark) {
  if (++documents_ == 1) return;
  const auto at = std::min(offset_of(mark), text_.size());
  const auto rest = text_.substr(at);
  if (rest.starts_with("---"))
    stop(at, {.text = "a second document starts here: cloud-init accepts only one in a part",
              .advice = "put the documents into parts of their own, or remove the line '---'"});
  const auto before = find_content_before(text_, at);
  const auto line = before ? find_line(text_, *before) : std::string_view{};
  if (!rest.empty() && !rest.starts_with("...")) throw YamlStop{describe_stray_line(text_, at)};
  if (line.starts_with('%'))
    stop(find_line_start(text_, *before),
         {.text = "a line cannot start with '%'", .advice = "put the text in quotes"});
}

void Recorder::OnAnchor(const YAML::Mark& mark, const std::string& name) {
  if (!anchor_names_.insert(name).second)
    stop(offset_of(mark), {.text = "an anchor has the same name as an earlier one",
                           .advice = "rename one; put a text that starts with & in quotes"});
}

YamlTag Recorder::find_tag(const YAML::Mark& mark, const std::string& name) const {
  const auto tag = find_yaml_tag(name);
  if (!tag) stop(offset_of(mark), describe_unknown_tag(name));
  return *tag;
}

void Recorder::count(const YAML::Mark& mark, std::size_t nodes, std::size_t bytes,
                     std::size_t height) {
  source_.start_event();
  last_ = offset_of(mark);
  nodes_ += nodes;
  bytes_ += bytes;
  const auto depth = stack_.size() + height;
  if (!stack_.empty()) stack_.back().deepest = std::max(stack_.back().deepest, depth);
  if (depth > kYamlDepth)
    stop(offset_of(mark), {.text = "values are nested more than 64 levels deep"});
  if (nodes_ > kYamlNodes)
    stop(offset_of(mark), {.text = "the document has more than 100,000 values",
                           .advice = "an alias counts as all that it stands for"});
  if (bytes_ > kYamlSize)
    stop(offset_of(mark), {.text = "the values are larger than 8 MiB",
                           .advice = "an alias counts as all that it stands for"});
}

void Recorder::record(const YAML::Mark& mark, YamlEvent event) {
  if (!stack_.empty()) {
    auto& parent = stack_.back();
    if (parent.values % 2 == 0) parent.last_key = offset_of(mark);
    ++parent.values;
  }
  if (event.line == 0) {
    event.line = mark.line + 1;
    event.column = mark.column + 1;
  }
  event.next = events_.size() + 1;
  events_.push_back(std::move(event));
}

Recorder::Anchored& Recorder::anchored(YAML::anchor_t anchor) {
  if (anchors_.size() <= anchor) anchors_.resize(anchor + 1);
  return anchors_[anchor];
}

void Recorder::record_scalar(const YAML::Mark& mark, YAML::anchor_t anchor, YamlEvent event) {
  if (anchor != YAML::NullAnchor)
    anchored(anchor) = {
        .event = events_.size(), .nodes = 1, .bytes = event.text.size(), .height = 1};
  record(mark, std::move(event));
}

/// Whether the next value is a key of a map.
bool Recorder::is_key_next() const {
  if (stack_.empty()) return false;
  const auto& parent = stack_.back();
  return events_[parent.event].kind == YamlEvent::Kind::kMap && parent.values % 2 == 0;
}

std::optional<std::size_t> Recorder::outermost_bracket() const {
  const auto found = std::ranges::find(stack_, false, &Frame::block);
  return found == stack_.end() ? std::nullopt : std::optional(found->at);
}

/// yaml-cpp takes the last line of a map for a key without a value if it has no colon.
bool Recorder::is_value_without_colon(const YAML::Mark& mark) const {
  if (stack_.empty()) return false;
  const auto& parent = stack_.back();
  return parent.block && events_[parent.event].kind == YamlEvent::Kind::kMap &&
         parent.values % 2 == 1 && parent.last_key == offset_of(mark);
}

/// Stops at a null that is not written where PyYAML wants a key or a value: `: a`, `[a,,b]`.
void Recorder::check_written(const YAML::Mark& mark) const {
  if (is_key_next())
    stop(offset_of(mark), {.text = "a key is missing here",
                           .advice = "put a text that starts with ':' or ',' in quotes"});
  if (stack_.empty() || stack_.back().block) return;
  const auto rest = text_.substr(std::min(offset_of(mark), text_.size()));
  if (rest.find_first_not_of(" \t\n") == std::string_view::npos)
    throw YamlStop{describe_open_bracket(text_, stack_.back().at)};
  if (events_[stack_.back().event].kind == YamlEvent::Kind::kList)
    stop(offset_of(mark), {.text = "a value is missing before this comma",
                           .advice = "put a text that contains commas in quotes"});
}

/// Stops at the value of a key that is in a line of its own and no deeper than the key. Only the
/// lines of a block scalar have to be deeper, not its indicator.
void Recorder::check_column(const YAML::Mark& mark) const {
  if (stack_.empty() || !stack_.back().block || is_key_next()) return;
  const auto at = offset_of(mark);
  if (at < text_.size() && std::string_view("|>").contains(text_[at])) return;
  const auto& parent = stack_.back();
  if (events_[parent.event].kind == YamlEvent::Kind::kMap && mark.column + 1 <= parent.column &&
      mark.line + 1 > events_.back().line)
    throw YamlStop{describe_stray_line(text_, at)};
}

/// For a value that is not written, yaml-cpp gives the place of what comes next.
YamlPlace Recorder::find_null_place(const YAML::Mark& mark) const {
  const auto at = std::min(offset_of(mark), text_.size());
  const YamlPlace given =
      at == text_.size() ? find_place(text_, at) : YamlPlace{mark.line + 1, mark.column + 1};
  if (stack_.empty()) return given;
  const auto& parent = stack_.back();
  if (events_[parent.event].kind == YamlEvent::Kind::kMap)
    return parent.values % 2 == 1 ? YamlPlace{events_.back().line, events_.back().column} : given;
  const auto before = parent.block ? find_content_before(text_, at) : std::nullopt;
  if (!before) return given;
  // The item's own line. Counts lines from here, because the start of the text may be far.
  const auto start = find_line_start(text_, *before);
  const auto first = text_.find_first_not_of(' ', start);
  if (at == text_.size()) return find_place(text_, first);
  const auto lines = std::ranges::count(text_.substr(start, at - start), '\n');
  return {.line = given.line - static_cast<int>(lines),
          .column = static_cast<int>(first - start) + 1};
}

/// A null is written as a word, or not at all. yaml-cpp does not say which.
void Recorder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (documents_ > 1) return;  // the repeated end of the document
  const auto at = std::min(offset_of(mark), text_.size());
  if (is_value_without_colon(mark)) throw YamlStop{describe_stray_line(text_, at)};
  count(mark, 1, 0, 1);
  const auto rest = text_.substr(at);
  if (rest.starts_with('!'))  // only at the end of the text: yaml-cpp forgets the tag
    stop(at, {.text = "a value is missing after this tag",
              .advice = "put a text that starts with ! in quotes"});
  YamlEvent event;
  for (const std::string_view word : {"~", "null", "Null", "NULL"})
    if (rest.starts_with(word)) event.text = Secret(std::string(word));
  if (event.text.empty() && !rest.starts_with('&')) {
    check_written(mark);
    const auto place = find_null_place(mark);
    event.line = place.line;
    event.column = place.column;
  }
  record_scalar(mark, anchor, std::move(event));
}

void Recorder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const auto target = anchored(anchor);
  if (target.nodes == 0)
    stop(offset_of(mark), {.text = "an alias stands for a value that contains it",
                           .advice = "put a text that starts with * in quotes"});
  count(mark, target.nodes, target.bytes, target.height);
  record(mark, {.kind = YamlEvent::Kind::kAlias, .target = target.event});
}

void Recorder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                        const std::string& value) {
  count(mark, 1, value.size(), 1);
  check_column(mark);
  const auto known = find_tag(mark, tag);
  if (value.find_first_not_of('\n') == std::string::npos &&
      is_block_scalar_lost(text_, offset_of(mark)))
    stop(offset_of(mark),
         {.text = "the text of this list item is not deeper than its tag or anchor",
          .advice = "indent the lines of the text deeper"});
  if (known == YamlTag::kList || known == YamlTag::kMap)
    stop(offset_of(mark), {.text = "the tag says list or map, but the value is neither"});
  record_scalar(mark, anchor,
                {.tag = known,
                 .exclaimed = known == YamlTag::kQuoted && is_exclaimed(text_, offset_of(mark)),
                 .text = Secret(std::string(value))});
}

void Recorder::open(YamlEvent::Kind kind, const YAML::Mark& mark, const std::string& tag,
                    YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
  const Frame frame{.event = events_.size(),
                    .anchor = anchor,
                    .at = offset_of(mark),
                    .column = mark.column + 1,
                    .block = style == YAML::EmitterStyle::Block,
                    .nodes_before = nodes_,
                    .bytes_before = bytes_,
                    .deepest = stack_.size() + 1};
  count(mark, 1, 0, 1);
  if (!frame.block) check_column(mark);
  const auto known = find_tag(mark, tag);
  const auto own = kind == YamlEvent::Kind::kList ? YamlTag::kList : YamlTag::kMap;
  if (known != YamlTag::kPlain && known != YamlTag::kQuoted && known != own)
    stop(offset_of(mark), {.text = "the tag does not fit a list or a map"});
  if (is_key_next())
    throw YamlStop{describe_collection_key(text_, offset_of(mark), outermost_bracket())};
  if (anchor != YAML::NullAnchor) anchored(anchor) = {.event = events_.size()};
  record(mark, {.kind = kind,
                .tag = known,
                .exclaimed = known == YamlTag::kQuoted && is_exclaimed(text_, offset_of(mark))});
  stack_.push_back(frame);
}

void Recorder::close() {
  const auto frame = stack_.back();
  stack_.pop_back();
  if (events_[frame.event].kind == YamlEvent::Kind::kMap && frame.values % 2 != 0)
    stop(frame.at, {.text = "a key of this map has no value"});  // the library always gives one
  events_[frame.event].next = events_.size();
  if (frame.anchor != YAML::NullAnchor)
    anchored(frame.anchor) = {.event = frame.event,
                              .nodes = nodes_ - frame.nodes_before,
                              .bytes = bytes_ - frame.bytes_before,
                              .height = frame.deepest - stack_.size()};
  if (!stack_.empty()) stack_.back().deepest = std::max(stack_.back().deepest, frame.deepest);
}

/// Reads everything. Throws what yaml-cpp and the recorder throw.
YamlEvents read_events(YamlSource& source, Recorder& recorder) {
  std::istream stream(&source);
  YAML::Parser parser(stream);
  while (parser.HandleNextDocument(recorder)) continue;
  auto events = recorder.take();
  if (events.empty()) events.push_back({.line = 1, .column = 1, .next = 1});
  return events;
}

}  // namespace

std::expected<YamlEvents, YamlFailure> read_yaml_events(std::string_view text) {
  YamlSource source(text);
  Recorder recorder(text, source);
  try {
    return read_events(source, recorder);
  } catch (YamlStop& stop) {
    if (stop.failure.line == 0) stop.failure.line = find_place(text, recorder.last()).line;
    return std::unexpected(std::move(stop.failure));
  } catch (const YAML::Exception& error) {
    return std::unexpected(
        describe_mistake({.text = text,
                          .at = error.mark.is_null() ? recorder.last() : offset_of(error.mark),
                          .message = error.msg,
                          .last = recorder.last(),
                          .bracket = recorder.bracket()}));
  } catch (const std::exception&) {
    return std::unexpected(YamlFailure{.text = "the YAML library cannot read the text"});
  }
}

}  // namespace azl::provision::custom_data
