package story

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"palisade/e2e/harness"
	"palisade/e2e/suite"
)

// account writes down what happens: a line of progress at once, the whole at the end.
type account struct {
	t        *testing.T
	world    *harness.World
	progress io.Writer
	began    time.Time
	steps    []*step
	told     int // of the world's transactions
	differ   int
}

// step is a chapter: what happened, what it cost, and what is seen afterwards.
type step struct {
	title   string
	lines   []string
	paid    []harness.Record
	after   []string
	checked int
}

func newAccount(t *testing.T, progress io.Writer) *account {
	return &account{t: t, progress: progress, began: time.Now()}
}

// step begins a chapter.
func (a *account) step(format string, args ...any) {
	a.settle()
	s := &step{title: fmt.Sprintf(format, args...)}
	a.steps = append(a.steps, s)
	fmt.Fprintf(a.progress, "[%5.1fs] %2d. %s\n", time.Since(a.began).Seconds(), len(a.steps), s.title)
}

func (a *account) now() *step { return a.steps[len(a.steps)-1] }

// say tells what somebody does.
func (a *account) say(format string, args ...any) {
	a.now().lines = append(a.now().lines, fmt.Sprintf(format, args...))
}

// settle gives the transactions since the last time to the chapter.
func (a *account) settle() {
	if a.world == nil || len(a.steps) == 0 {
		return
	}
	for _, record := range a.world.Gas[a.told:] {
		if !record.Plumbing() {
			a.now().paid = append(a.now().paid, record)
		}
	}
	a.told = len(a.world.Gas)
}

// number holds what the chain says against what the formulas say, and writes it down.
func (a *account) number(what string, got, want suite.Int) {
	a.t.Helper()
	if !got.Equal(want) {
		a.differs("%s: %s, should be %s", what, grouped(got), grouped(want))
		return
	}
	a.sees("%s: %s", what, grouped(got))
}

// text does the same for a word.
func (a *account) text(what, got, want string) {
	a.t.Helper()
	if got != want {
		a.differs("%s: %s, should be %s", what, got, want)
		return
	}
	a.sees("%s: %s", what, got)
}

// holds does the same for what is true or not.
func (a *account) holds(what string, is bool) {
	a.t.Helper()
	if !is {
		a.differs("not so: %s", what)
		return
	}
	a.sees("%s", what)
}

// audit writes down that nothing differs.
func (a *account) audit(what string, found []suite.Difference) {
	a.t.Helper()
	for _, difference := range found {
		a.differs("%s: %s", what, difference)
	}
	if len(found) == 0 {
		a.sees("%s", what)
	}
}

func (a *account) sees(format string, args ...any) {
	a.now().checked++
	a.now().after = append(a.now().after, "= "+fmt.Sprintf(format, args...))
}

func (a *account) differs(format string, args ...any) {
	a.t.Helper()
	a.differ++
	line := "DIFFERS " + fmt.Sprintf(format, args...)
	a.now().after = append(a.now().after, line)
	fmt.Fprintf(a.progress, "         %s\n", line)
	a.t.Error(line)
}

// table writes rows down between empty lines, the first of them the heads.
func (a *account) table(rows [][]string) {
	a.now().after = append(append(a.now().after, ""), columns(rows)...)
	a.now().after = append(a.now().after, "")
}

// print writes the whole account.
func (a *account) print(out io.Writer) {
	a.settle()
	checked, paid := 0, 0
	fmt.Fprint(out, legend)
	for i, s := range a.steps {
		fmt.Fprintf(out, "\n%d. %s\n", i+1, s.title)
		for _, line := range s.lines {
			fmt.Fprintf(out, "   %s\n", line)
		}
		if rows := costs(s.paid); len(rows) > 1 {
			fmt.Fprintln(out)
			for _, line := range columns(rows) {
				fmt.Fprintf(out, "   %s\n", line)
			}
		}
		if len(s.after) > 0 {
			fmt.Fprintln(out)
		}
		for _, line := range s.after {
			fmt.Fprintln(out, strings.TrimRight("   "+line, " "))
		}
		checked += s.checked
		paid += len(s.paid)
	}
	fmt.Fprintf(out, "\n%d transactions on two chains. %d numbers and states were read from the chains and compared\n"+
		"with what the formulas say (e2e/model, a second computation in Go): ", paid, checked+a.differ)
	if a.differ > 0 {
		fmt.Fprintf(out, "%d differ.\n", a.differ)
		return
	}
	fmt.Fprint(out, "all of them are equal.\n")
}

// legend says how the account is to be read.
const legend = `
How to read it: each step says who did what, and what each transaction cost in gas. A line with
"=" was read from a chain afterwards, and is equal to what the formulas of docs/math.md give when
e2e/model computes them a second time, from the deposits and penalties alone. A line with DIFFERS
is not, and makes this program fail.
`

// costs are the transactions of a chapter as rows.
func costs(paid []harness.Record) [][]string {
	rows := [][]string{{"chain", "who", "transaction", "gas"}}
	for _, record := range paid {
		what := record.Label
		if record.Failed {
			what += " (refused)"
		}
		gas := strconv.FormatUint(record.Gas, 10)
		rows = append(rows, []string{record.Chain, string(record.Sender), what, group(gas)})
	}
	return rows
}

// columns are rows side by side; what begins with a digit stands to the right.
func columns(rows [][]string) []string {
	var text strings.Builder
	writer := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	widths := map[int]int{}
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = cell
			if cell != "" && cell[0] >= '0' && cell[0] <= '9' {
				cells[i] = fmt.Sprintf("%*s", widths[i], cell)
			}
		}
		fmt.Fprintln(writer, strings.Join(cells, "\t"))
	}
	_ = writer.Flush() // a strings.Builder takes everything
	lines := strings.Split(strings.TrimRight(text.String(), "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return lines
}

// grouped is a number with a comma between thousands.
func grouped(n suite.Int) string { return group(n.String()) }

func group(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
