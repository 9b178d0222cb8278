package live

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// record is a transaction that was paid for.
type record struct {
	chain, who, what string
	gas              uint64
}

// step is a chapter of the story.
type step struct {
	title   string
	paid    []record
	checked int
	seen    []string
}

// account writes down what happens: at once, and all of it at the end.
type account struct {
	out     io.Writer
	began   time.Time
	queries bool
	steps   []*step
	differ  int
}

func newAccount(out io.Writer, queries bool) *account {
	return &account{out: out, began: time.Now(), queries: queries}
}

// step begins a chapter.
func (a *account) step(format string, args ...any) {
	s := &step{title: fmt.Sprintf(format, args...)}
	a.steps = append(a.steps, s)
	fmt.Fprintf(a.out, "\n[%4.0fs] %d. %s\n", time.Since(a.began).Seconds(), len(a.steps), s.title)
}

func (a *account) current() *step {
	if len(a.steps) == 0 {
		a.step("Before the story")
	}
	return a.steps[len(a.steps)-1]
}

// say tells what happens.
func (a *account) say(format string, args ...any) {
	fmt.Fprintf(a.out, "  %s\n", fmt.Sprintf(format, args...))
}

// typed shows a command that is run.
func (a *account) typed(line string) { fmt.Fprintf(a.out, "  $ %s\n", line) }

// asked shows a query, if they are to be shown.
func (a *account) asked(line string) {
	if a.queries {
		fmt.Fprintf(a.out, "  ? %s\n", line)
	}
}

func (a *account) paid(r record) {
	s := a.current()
	s.paid = append(s.paid, r)
	fmt.Fprintf(a.out, "    %s: %s gas\n", r.chain, group(strconv.FormatUint(r.gas, 10)))
}

// number holds what a chain says against what the formulas say.
func (a *account) number(what string, got, want Int) {
	if !got.Equal(want) {
		a.differs("%s: %s, should be %s", what, group(got.String()), group(want.String()))
		return
	}
	a.sees("%s: %s", what, group(got.String()))
}

// text does the same for a word.
func (a *account) text(what, got, want string) {
	if got != want {
		a.differs("%s: %q, should be %q", what, got, want)
		return
	}
	a.sees("%s: %s", what, got)
}

// holds does the same for what is so or not.
func (a *account) holds(what string, is bool) {
	if !is {
		a.differs("not so: %s", what)
		return
	}
	a.sees("%s", what)
}

func (a *account) sees(format string, args ...any) {
	a.current().checked++
	fmt.Fprintf(a.out, "  = %s\n", fmt.Sprintf(format, args...))
}

func (a *account) differs(format string, args ...any) {
	a.differ++
	fmt.Fprintf(a.out, "  DIFFERS %s\n", fmt.Sprintf(format, args...))
}

// side puts down what a chain sees at the end of a chapter, for the table.
func (a *account) side(chain, format string, args ...any) {
	s := a.current()
	s.seen = append(s.seen, chain+": "+fmt.Sprintf(format, args...))
}

// print writes the whole account.
func (a *account) print() {
	checked, paid, gas := 0, 0, uint64(0)
	fmt.Fprintf(a.out, "\nThe account: step, chain, transactions and their gas, and what each side sees.\n\n")
	for i, s := range a.steps {
		fmt.Fprintf(a.out, "%d. %s\n", i+1, s.title)
		for _, line := range costs(s.paid) {
			fmt.Fprintf(a.out, "   %s\n", line)
		}
		for _, line := range s.seen {
			fmt.Fprintf(a.out, "   -> %s\n", line)
		}
		for _, r := range s.paid {
			gas += r.gas
		}
		checked, paid = checked+s.checked, paid+len(s.paid)
	}
	fmt.Fprintf(a.out, "\n%d transactions on two chains, %s gas, %.0f seconds. %d numbers and states were read from the nodes and\n"+
		"compared with what the formulas say (e2e/model, a second computation in Go): ",
		paid, group(strconv.FormatUint(gas, 10)), time.Since(a.began).Seconds(), checked+a.differ)
	if a.differ > 0 {
		fmt.Fprintf(a.out, "%d differ.\n", a.differ)
		return
	}
	fmt.Fprintln(a.out, "all of them are equal.")
}

// costs are the transactions of a chapter, side by side.
func costs(paid []record) []string {
	if len(paid) == 0 {
		return nil
	}
	var text strings.Builder
	writer := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, r := range paid {
		fmt.Fprintf(writer, "%s\t%s\t%s\t%10s\n", r.chain, r.who, r.what, group(strconv.FormatUint(r.gas, 10)))
	}
	_ = writer.Flush() // a strings.Builder takes everything
	return strings.Split(strings.TrimRight(text.String(), "\n"), "\n")
}

// group puts a comma between thousands.
func group(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
