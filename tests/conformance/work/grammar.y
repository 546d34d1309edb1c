%{
#include <stdio.h>
int yylex(void);
void yyerror(const char *text) { fprintf(stderr, "%s\n", text); }
%}
%token NUMBER
%left '+' '-'
%left '*' '/'
%right NEGATED
%%
lines: lines line | ;
line: sum '\n' { printf("%d\n", $1); } | '\n' ;
sum: sum '+' sum { $$ = $1 + $3; }
   | sum '-' sum { $$ = $1 - $3; }
   | sum '*' sum { $$ = $1 * $3; }
   | sum '/' sum { $$ = $1 / $3; }
   | '-' sum %prec NEGATED { $$ = -$2; }
   | '(' sum ')' { $$ = $2; }
   | NUMBER ;
%%
