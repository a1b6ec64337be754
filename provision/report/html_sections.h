// The parts of a report's page that follow its picture.
#pragma once

#include "provision/report/boots.h"
#include "provision/report/comparison.h"
#include "provision/report/critical_path.h"
#include "provision/report/html_page.h"
#include "provision/report/timeline.h"

namespace azl::provision {

/// Adds the findings of a severity, if there are any.
void add_html_findings(HtmlPage& page, const BootRecords& boot, Severity severity);
/// Adds the times of the kernel and of units, if they are known.
void add_html_system(HtmlPage& page, const Timeline& timeline, const CriticalPath& path);
/// Adds a table of a stage's steps. `stage` is an index into Timeline::spans.
void add_html_steps(HtmlPage& page, const BootRecords& boot, const Timeline& timeline,
                    const CriticalPath& path, std::size_t stage);
void add_html_comparison(HtmlPage& page, const Comparison& comparison);
void add_html_requests(HtmlPage& page, const BootRecords& boot);
void add_html_links(HtmlPage& page, const BootRecords& boot);
/// Adds what was on the disks before, and what became of them.
void add_html_disks(HtmlPage& page, const BootRecords& boot);
/// Adds the host name, the user, and types and fingerprints of keys.
void add_html_machine(HtmlPage& page, const BootRecords& boot);
void add_html_told(HtmlPage& page, const BootRecords& boot);
/// Adds which VM Azure attested, if it was asked.
void add_html_attested(HtmlPage& page, const BootRecords& boot);

}  // namespace azl::provision
