<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:output method="text"/>
<xsl:template match="/"><xsl:for-each select="//item"><xsl:sort select="a"/><xsl:value-of select="@n"/>: <xsl:value-of select="a"/><xsl:text>
</xsl:text></xsl:for-each></xsl:template>
</xsl:stylesheet>
