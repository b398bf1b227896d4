// Package filter chooses companies by type, status, territory and market, and
// tells people what there is to choose from and what a choice would bring.
//
// A [Filter] decides by itself, from the facts in a company's record
// ([FactsOf]); ConnectWise is asked only for numbers. [Discover] and [Preview]
// make a bounded number of calls and are made to run as jobs: one refused list
// is a line in the result, and a number that is not exact is called "up to".
package filter
