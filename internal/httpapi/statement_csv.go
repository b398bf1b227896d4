package httpapi

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/psabridge/psabridge/internal/usage"
)

type statementFileInput struct {
	MonthInput

	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"500" doc:"How many tenants at most."`
	After string `query:"after" maxLength:"1024" doc:"As the Link of the answer before names it."`
}

type statementFileOutput struct {
	Type        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Link        string `header:"Link" doc:"The next part, rel=\"next\"; none after the last."`
	Body        []byte
}

// getStatementFile is one part of the file. A function's answer is held whole
// and has a limit, so that a large account's file comes in parts; one after the
// other they are one file.
func (a *api) getStatementFile(ctx context.Context, in *statementFileInput) (*statementFileOutput, error) {
	s, names, err := a.statement(ctx, in.Month, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	body, err := statementCSV(s, names, in.After == "")
	if err != nil {
		return nil, err
	}
	out := &statementFileOutput{
		Type: "text/csv; charset=utf-8", Disposition: fmt.Sprintf("attachment; filename=%q", "usage-"+in.Month+".csv"), Body: body,
	}
	if s.Next != "" {
		next := url.Values{"month": {in.Month}, "limit": {strconv.Itoa(in.Limit)}, "after": {string(s.Next)}}
		out.Link = "</v1/postings/statement.csv?" + next.Encode() + `>; rel="next"`
	}
	return out, nil
}

// statementHead are the columns; a column is never renamed, and a new one goes
// last.
func statementHead() []string {
	return []string{
		"month", "as_of", "tenant_id", "tenant", "sku", "company", "agreement_id", "agreement", "product_id", "product", "reported", "reported_on",
		"posted", "billed", "unposted", "unbilled", "why", "explanation", "line_id", "line_quantity", "line_shares", "billed_later_from",
	}
}

// statementCSV writes rows as RFC 4180 has it, in UTF-8 without a mark.
func statementCSV(s usage.Statement, names lineNames, head bool) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	var rows [][]string
	if head {
		rows = append(rows, statementHead())
	}
	for _, r := range s.Rows {
		row := names.statementRow(r)
		rows = append(rows, statementCells(s, row))
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("write CSV: %w", err)
	}
	return b.Bytes(), nil
}

func statementCells(s usage.Statement, r StatementRow) []string {
	var codes, words []string
	for _, w := range r.Why {
		codes, words = append(codes, w.Code), append(words, w.Words)
	}
	return []string{
		string(s.Month), string(s.On), cell(r.Tenant), cell(r.Name), cell(r.SKU), cell(r.Company), number(r.Agreement.ID), cell(r.Agreement.Name),
		number(r.Product.ID), cell(r.Product.Name), r.Reported, r.ReportedOn, r.Posted, textOf(r.Billed), r.Unposted, textOf(r.Unbilled),
		strings.Join(codes, " "), strings.Join(words, " "), number(r.Line), r.Quantity, number(int64(r.Shares)), r.From,
	}
}

// cell keeps a spreadsheet from reading a text that somebody chose as a
// formula. Numbers are ours, and are left as they are.
func cell(text string) string {
	if strings.IndexAny(text, "=+-@\t\r\n") == 0 {
		return "'" + text
	}
	return text
}

func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
