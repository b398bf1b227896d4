package usage

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/psabridge/psabridge/internal/psa"
)

// Decimal is a quantity or an amount of money, exact to six places: never a
// float, which cannot hold a tenth. ConnectWise's numbers beyond either end of
// its range become that end.
type Decimal int64

// scale is Decimal's unit: a millionth.
const scale = 1_000_000

// Whole is n as a Decimal.
func Whole(n int64) Decimal {
	if n > math.MaxInt64/scale {
		return math.MaxInt64
	}
	return Decimal(max(n, math.MinInt64/scale) * scale)
}

// ParseDecimal reads a JSON number. More than six places are rounded.
func ParseDecimal(s string) (Decimal, error) {
	if len(s) > 64 || strings.ContainsAny(s, "/xX_pP") {
		return 0, fmt.Errorf("decimal: %w", psa.ErrInvalid)
	}
	f, _, err := big.ParseFloat(s, 10, 200, big.ToNearestEven)
	if err != nil || f.IsInf() {
		return 0, fmt.Errorf("decimal: %w", psa.ErrInvalid)
	}
	return fromFloat(f.Mul(f, big.NewFloat(scale))), nil
}

// fromFloat rounds millionths half away from zero.
func fromFloat(f *big.Float) Decimal {
	half := big.NewFloat(0.5)
	if f.Sign() < 0 {
		half.Neg(half)
	}
	n, _ := f.Add(f, half).Int(nil)
	return clamp(n)
}

func clamp(n *big.Int) Decimal {
	if !n.IsInt64() {
		if n.Sign() < 0 {
			return math.MinInt64
		}
		return math.MaxInt64
	}
	return Decimal(n.Int64())
}

// Mul is d times e, rounded to six places half away from zero.
func (d Decimal) Mul(e Decimal) Decimal {
	n := new(big.Int).Mul(big.NewInt(int64(d)), big.NewInt(int64(e)))
	half := big.NewInt(scale / 2)
	if n.Sign() < 0 {
		half.Neg(half)
	}
	return clamp(n.Quo(n.Add(n, half), big.NewInt(scale)))
}

// String is the shortest form, as ConnectWise takes it: "12", "0.5", "-3.25".
func (d Decimal) String() string {
	n := new(big.Int).Abs(big.NewInt(int64(d)))
	whole, rest := new(big.Int).QuoRem(n, big.NewInt(scale), new(big.Int))
	s := whole.String()
	if rest.Sign() != 0 {
		s += "." + strings.TrimRight(fmt.Sprintf("%06d", rest.Int64()), "0")
	}
	if d < 0 {
		s = "-" + s
	}
	return s
}

// MarshalJSON writes a JSON number.
func (d Decimal) MarshalJSON() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalJSON reads a JSON number; null is 0.
func (d *Decimal) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*d = 0
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return fmt.Errorf("decimal: %w", psa.ErrInvalid)
	}
	v, err := ParseDecimal(n.String())
	*d = v
	return err
}
